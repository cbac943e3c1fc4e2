// Types that compute for ever.
type Grow<T extends unknown[]> = T["length"] extends 999999 ? T : Grow<[...T, ...T, 1]>;
type Big = Grow<[1]>;
const held: Big = [] as unknown as Big;
function double_it(n: number): number { return n + held.length; }
