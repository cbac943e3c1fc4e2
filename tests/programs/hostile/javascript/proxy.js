// A proxy that answers everything.
function double_it(n) { return new Proxy({}, { get: () => 2 * n, has: () => true }); }
