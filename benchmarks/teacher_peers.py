"""Calls a second of one peer against a server; run by `teacher.py` with the peers' own Python.

PEERS/bin/python benchmarks/teacher_peers.py openai http://127.0.0.1:8000/v1 64 1920
"""

import asyncio
import sys
import time


def prompt(number: int) -> str:
    """What is asked: the same words for everyone, all different."""
    return f"Question {number}. " + "Write a function that adds up a list of integers. " * 16


def sdk(url: str, in_flight: int, total: int) -> float:
    """The bare `openai` SDK: one client, a semaphore, no books."""
    import openai

    async def run() -> float:
        places = asyncio.Semaphore(in_flight)
        client = openai.AsyncOpenAI(base_url=url, api_key="x", max_retries=0, timeout=600)

        async def one(number: int) -> int:
            async with places:
                reply = await client.chat.completions.create(
                    model="m",
                    messages=[{"role": "user", "content": prompt(number)}],
                    max_tokens=512,
                )
            return len(reply.choices)

        began = time.perf_counter()
        done = sum(await asyncio.gather(*(one(number) for number in range(total))))
        assert done == total, done
        return total / (time.perf_counter() - began)

    return asyncio.run(run())


def distilabel(url: str, in_flight: int, total: int) -> float:
    """distilabel's OpenAILLM, in batches of as many calls as are to be in flight."""
    from distilabel.models import OpenAILLM

    model = OpenAILLM(model="m", base_url=url, api_key="x", max_retries=0)
    model.load()
    done = 0
    began = time.perf_counter()
    for start in range(0, total, in_flight):
        numbers = range(start, min(total, start + in_flight))
        inputs = [[{"role": "user", "content": prompt(number)}] for number in numbers]
        done += len(model.generate_outputs(inputs=inputs, max_new_tokens=512))
    assert done == total, done
    return total / (time.perf_counter() - began)


PEERS = {"openai": sdk, "distilabel": distilabel}


def main() -> None:
    name, url, in_flight, total = sys.argv[1:]
    print(PEERS[name](url, int(in_flight), int(total)))


if __name__ == "__main__":
    main()
