// Unions of unions: more members than any compiler holds.
type D = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
type Five = `${D}${D}${D}${D}${D}`;
type Ten = `${Five}${Five}`;
const all: Ten = "0";
function double_it(n: number): number { return n; }
