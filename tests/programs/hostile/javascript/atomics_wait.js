// Waits for ever without a turn of the CPU.
function double_it(n) { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }
