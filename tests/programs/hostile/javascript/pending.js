// A timer that never lets it end.
setInterval(() => {}, 1000);
function double_it(n) { return n; }
