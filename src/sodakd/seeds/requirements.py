"""What a question's program would need that a sandbox does not give: a screen, the network, ...

Words alone mislead: *file*, *map*, *graph* and *window* stand in good tasks (a map of counts, a
graph to search, a sliding window), so a word counts only beside what one does with a real one, or
where the reference answer uses it.
"""

import ast
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from sodakd.seeds.prose import start_of
from sodakd.seeds.seed import Reason
from sodakd.text.truncation import parsed


@dataclass(frozen=True)
class Needs:
    """Patterns in the question's words, and in the code of its reference answer."""

    text: str
    code: str = ""


_NEEDS: Mapping[Reason, Needs] = {
    Reason.NEEDS_NETWORK: Needs(
        r"\bweb ?(?:servers?|services?|scrap\w+|crawl\w+|sockets?)\b|\bhttps? (?:request|server"
        r"|get|post|client|response|call)\w*|\b(?:GET|POST|PUT) requests?\b|\bREST(?:ful)?\b"
        r"|\bajax\b|\bexpress(?:\.js| framework| server)\b|\bflask\b|\bdjango\b"
        r"|\bnode\.?js (?:server|api)\b|\b(?:chat|tcp|udp|http|file|proxy|game) ?servers?\b"
        r"|\b(?:api|server|client) (?:calls?|requests?|endpoint|key)s?\b"
        r"|(?<!stream )(?<!streams )(?<!reflection )(?<!collections )\bapis?\b(?! (?:documentation"
        r"|design))|\bscrap(?:e|es|ing)\b|\bcrawl(?:er|s|ing)?\b|\bdownload(?:s|ing|ed)?\b"
        r"|\bupload(?:s|ing|ed)?\b|\bsend(?:s|ing)? (?:an? |the )?(?:e-?mails?|sms|tweets?"
        r"|messages? (?:to|over))\b|\btweets?\b|\btwitter\b|\bfacebook\b|\bsockets?\b|\bssh\b"
        r"|\bftp\b|\bchat ?bots?\b|\bchat (?:app\w*|room)|\b(?:aws|azure|firebase|kubernetes"
        r"|docker|s3|oauth|jwt)\b|\bblockchain network\b|\bfrom (?:an? |the )?(?:given )?(?:url"
        r"|website|web|internet)\b(?! string)|\bSMTP\b|\bcloud\b|\bmicroservices?\b"
        r"|\bcurrent (?:weather|stock|exchange|bitcoin)|\bweather (?:app|data|forecast)",
        r"\bimport (?:requests|urllib\.request|socket|smtplib|tweepy|boto3|scrapy|bs4|flask|aiohttp"
        r"|paramiko)\b|\bfrom (?:flask|bs4|urllib\.request|django|selenium|fastapi|requests)\b"
        r"|\bfetch\(|\baxios\b|\bXMLHttpRequest\b|\brequire\(['\"](?:express|https?|axios|request"
        r"|net|socket\.io|nodemailer)['\"]\)|\$\.ajax|\bjava\.net\.|\bHttpURLConnection\b"
        r"|\bjavax\.mail\b|<sys/socket\.h>|\bcurl_|\bnet/http\b|\brequests\.(?:get|post)\(",
    ),
    Reason.NEEDS_SCREEN: Needs(
        r"\bweb ?(?:pages?|sites?|apps?|applications?|forms?)\b|\bbrowsers?\b|\bGUIs?\b|\b(?:user"
        r"|graphical) interfaces?\b|\b(?:on ?)?click(?:s|ed|ing)?\b|\bDOM\b|\bjquery\b"
        r"|\breact(?:\.?js| ?native)?\b(?! to)|\bvue(?:\.js)?\b|\bangular\b|\bd3\.js\b|\btkinter\b"
        r"|\bpygame\b|\bswing\b|\bjavafx\b|\bandroid\b|\bmobile app|\bios app|\b(?:web|input|html"
        r"|submit|radio|toggle|an?|the|navigation) (?:\w+ )?buttons?\b|\b(?:pie|bar"
        r"|line) ?(?:charts?|graphs?|plots?)\b|\bscatter ?plots?\b|\bhistogram plot|\bplots? (?:an?"
        r"|the)\b|\banimat(?:e|ed|ion)\b|\bvideos?\b|\baudio\b|\bcameras?\b|\b(?:display|resiz|show"
        r"|load|upload|compress|crop|transform|convert|process)\w* (?:\w+ ){0,3}(?:images?|photos?"
        r"|pictures?)\b|\bimage (?:files?|processing|classif\w+|gallery|slider|url)|\bdrop-?down\b"
        r"|\bnav(?:igation)? ?bar\b|\bscroll(?:s|ing)?\b|\bhover|\bpop-?up\b|\bface (?:detection"
        r"|recognition)\b|\bspeech\b|\bgame engine\b|\b3D (?:models?|games?|graphics|scenes?"
        r"|objects?|engine|printer)\b|\bunity\b|\bcanvas\b|\bform (?:validation|field|element)",
        r"\bdocument\.(?:get|query|create|body|write|title|cookie|add|head|form)|\bwindow\.\w+|\$\(['\"]|\baddEventListener\b|\btkinter\b|\bpygame\b"
        r"|\bjavax\.swing\b|\bjava\.awt\b|\bJFrame\b|\bmatplotlib\b|\bplt\.|\bcv2\b|\bfrom PIL\b"
        r"|\bimport (?:PIL|turtle|React|seaborn)\b|\bReactDOM\b|\bThree\.|\balert\(|\bcanvas\."
        r"|\bandroid\.|\bgraphics\.h\b|\bNode\.js\b.{0,200}DOM|</(?:div|body|button|form|p)>",
    ),
    Reason.NEEDS_DATABASE: Needs(
        r"\b(?:my|postgre|no|ms)?sql(?:ite)? (?:databases?|tables?|server|queries|query)\b"
        r"|\bmongo ?db\b|\b(?:connect|insert|quer|retriev|updat|stor|delet|fetch"
        r"|sav)\w* .{0,40}\bdatabases?\b|\bdatabase (?:connection|table|schema|quer\w+)\b"
        r"|\bin (?:an? |the )?database\b|\bredis\b|\b(?:ORM|hibernate|sqlalchemy|jdbc|mysql"
        r"|postgres\w*)\b|\bquer(?:y|ies) (?:an? |the )?(?:\w+ )?table\b",
        r"\bimport (?:sqlite3|psycopg2|pymysql|pymongo|mysql)\b|\bmysql\.connector\b"
        r"|\bjava\.sql\b|\bDriverManager\b|\bmongoose\b|\bMongoClient\b"
        r"|\brequire\(['\"](?:mysql2?|mongodb|pg)['\"]\)",
    ),
    Reason.NEEDS_FILES: Needs(
        r"\b(?:text|csv|json|xml|log|excel|pdf|config(?:uration)?|yaml|zip|binary|input|output"
        r"|data|local|given|large|external|specified|same|multiple|two|all|word|html"
        r"|temp(?:orary)?) files?\b|\b(?:read|writ|open|sav|load|copi|copy|delet|renam|mov|creat"
        r"|append|compress|encrypt|pars|count|sort)\w* (?:\w+ ){0,6}(?:from|to|in|into|of|an?|the"
        r"|all|existing) (?:\w+ )?files?\b|\bfiles? (?:named|called|names?|path|system|size"
        r"|extension|and)\b|(?<!\.)\.(?:txt|csv|xlsx?|pdf)\b|\b(?:a|the|current|given|specific"
        r"|specified|each) (?:director(?:y|ies)|folders?)\b|\bdirectory (?:structure|tree)\b"
        r"|\bfiles (?:in|from)\b|\bspreadsheets?\b|\blog files?\b",
        r"(?<![\w.])open\(|\bos\.(?:listdir|walk|path|rename|remove|mkdir)\b|\bimport (?:shutil"
        r"|csv|zipfile|glob)\b|\bread_csv\(|\bnew File\(|\bFile(?:Reader|Writer|InputStream"
        r"|OutputStream)\b|\bFiles\.\w+\(|\brequire\(['\"]fs['\"]\)|\bfs\.\w+\(|\bfopen\("
        r"|\b[io]?fstream\b|\bos\.(?:Open|Create|ReadFile)\(",
    ),
    Reason.NEEDS_INPUT: Needs(
        r"\b(?:user|keyboard)(?:['\u2019]s)?[- ]?(?:inputs?|entered|provided|supplied|enters)\b"
        r"|\binputs? (?:from|by) (?:an? |the )?users?\b|\b(?:ask|prompt|allow|let|enabl|requir"
        r"|invit|request)\w* (?:for )?(?:an? |the )?users?\b|\busers? (?:to )?(?:enters?|inputs?"
        r"|types?|guess\w*|choos\w*|provid\w+)\b|\b(?:entered|provided|given|input|supplied|typed"
        r"|guess\w*) by (?:an? |the )?users?\b|\bfrom (?:an? |the )?users?\b"
        r"|\busers?(?:['\u2019]s?)? (?:\w+ ){0,3}as (?:an? )?input\b|\b(?:stdin"
        r"|standard input|from the (?:console|keyboard|terminal|command line))\b|\binteractive\b"
        r"|\bcommand[- ]line (?:arguments?|tool|game|interface|app\w*|program|utility|menu)\b"
        r"|\bmenu[- ]driven\b",
    ),
    Reason.NEEDS_LIBRARY: Needs(
        r"\b(?:numpy|pandas|tensorflow|pytorch|keras|scikit-?learn|sklearn|scipy|nltk|spacy"
        r"|opencv|matplotlib|seaborn|selenium|beautiful ?soup|lodash|underscore\.js|moment\.js"
        r"|junit|mockito|pytest|eigen|opengl|(?:apache )spark|pyspark|hadoop|kafka|celery|sympy"
        r"|gensim|xgboost|webpack|redux|rxjs|guava|log4j|jupyter|hugging ?face|cuda|raspberry pi"
        r"|arduino|spring(?: boot)?|hibernate|data ?frames?|vuex|gulp|babel|jackson|gson)\b"
        r"|\b(?:convolutional|recurrent|deep) (?:neural )?(?:network|learning)s?\b",
        r"\b(?:import|from) (?:tensorflow|torch|keras|sklearn|nltk|spacy|pandas|scrapy|scipy"
        r"|gensim|cv2|flask|textblob)\b|\borg\.(?:spring\w*|hibernate|junit|apache)\b|<boost/"
        r"|\brequire\(['\"](?:lodash|moment|chai|mocha)['\"]\)",
    ),
}  # fmt: skip
_FLAGS = re.IGNORECASE
NEEDS = {
    reason: (
        re.compile(needs.text, _FLAGS),
        re.compile(needs.code) if needs.code else None,
    )
    for reason, needs in _NEEDS.items()
}


_QUOTED = re.compile(r"\"[^\"\n]{0,300}\"|(?<!\w)'[^'\n]{0,300}'(?!\w)")


def requirements_of(text: str, reference: str | None) -> tuple[Reason, str] | None:
    """What the sandbox lacks for a question, and the words that say so; None if it lacks nothing.

    What stands in quotation marks is data, and asks for nothing.
    """
    asked = _QUOTED.sub("", start_of(text))
    answer = start_of(reference or "")
    for reason, (words, code) in NEEDS.items():
        found = words.search(asked)
        if found is None and code is not None:
            found = code.search(answer)
        if found is not None:
            return reason, " ".join(found.group().split())[:60]
    return None


_NETWORK = frozenset(
    {"ftplib", "http.client", "http.server", "smtplib", "socket", "socketserver", "urllib.request"}
)


def requirement_of_script(script: str) -> tuple[Reason, str]:
    """What a Python test script needs that is not there, and the reason; "" where nothing is."""
    tree = parsed(script)
    names = set[str]()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    network = sorted(names & _NETWORK)
    if network:
        return Reason.NEEDS_NETWORK, f"its tests import {network[0]}"
    packages = {name.partition(".")[0] for name in names} - {"solution", *sys.stdlib_module_names}
    if packages:
        return Reason.NEEDS_LIBRARY, f"its tests import {min(packages)}"
    return Reason.NEEDS_LIBRARY, _fixture(tree) if tree is not None else ""


_NODE_IMPORT = re.compile(
    r"""(?:^\s*import\b(?:[^'"\n]*\bfrom)?\s*|\brequire\s*\(\s*)['"](?!node:)([^'"./\n][^'"\n]*)['"]""",
    re.MULTILINE,
)
_OF_NODE = frozenset({
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants",
    "crypto", "dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2",
    "https", "inspector", "module", "net", "os", "path", "perf_hooks", "process", "punycode",
    "querystring", "readline", "repl", "stream", "string_decoder", "sys", "timers", "tls",
    "trace_events", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
})  # fmt: skip


def requirement_of_node(program: str) -> tuple[Reason, str]:
    """What a program of JavaScript or TypeScript, begun, or its tests import that is no module of
    node, and the reason; "" where nothing is."""
    asked = {name for name in _NODE_IMPORT.findall(program) if name.split("/")[0] not in _OF_NODE}
    return Reason.NEEDS_LIBRARY, f"it imports {min(asked)}" if asked else ""


def _fixture(tree: ast.Module) -> str:
    """The test that needs arguments, which pytest would give, in words; "" where there is none.

    What a runner of tests calls is what `judge/sandbox/script.py` calls; a decorator may give
    arguments (`mock.patch`).
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    classes = [
        each.body
        for each in tree.body
        if isinstance(each, ast.ClassDef) and each.name.startswith("Test") and not each.bases
    ]
    for own, body in ((0, tree.body), *((1, body) for body in classes)):
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.decorator_list or not node.name.startswith("test"):
                continue
            given = node.args.posonlyargs + node.args.args
            needed = [each.arg for each in given[own : len(given) - len(node.args.defaults)]]
            if needed and (own or node.name not in used):
                return f"its {node.name} needs {needed[0]}, which pytest gives"
    return ""
