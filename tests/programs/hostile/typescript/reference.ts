/// <reference path="/etc/passwd" />
// A file of the machine as types.
function double_it(n: number): number { return n; }
