// Leaves the harness early.
return 1;
function double_it(n) { return n; }
