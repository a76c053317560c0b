/** For tests: would run for minutes over `nastyBody()` without a limit. */
export const NASTY_CONDITIONS = [
  // Nested loops.
  'data.list.exists(a, data.list.exists(b, data.list.exists(c, a + b + c == -1)))',
  'data.list.all(a, data.list.all(b, a != -1 && b != -1))',
  'data.list.map(a, data.list.map(b, a)).size() == 3',
  'data.list.filter(a, data.list.exists_one(b, b == a)).size() == 3',
  'data.map.exists(k, data.map.exists(j, k == j + "x"))',
  'cel.bind(o, bytes(data.json).json(), data.list.exists(x, o.exists(k, true) && x == -1))',
  // Caught errors, each with a stack.
  'data.objects.exists(x, x.none == 1)',
  'data.list.exists(x, (x.a == 1 || x.b == 2) && x.c)',
  // Comparisons of large values.
  'data.list.exists(x, data.map == data.map.map(k, k))',
  'data.list.exists(x, data.objects.map(o, o) == data.objects)',
  'data.list.exists(x, {"a": 1} in data.objects)',
  'data.list.exists(x, x + 100 in data.objects)',
  'cel.bind(a, [data.list, data.list], cel.bind(b, [a, a], cel.bind(c, [b, b], cel.bind(d, [c, c], d == [[b, b], [b, b]]))))',
  // Growing lists and texts.
  'data.list.exists(x, data.list + data.list == data.list)',
  'cel.bind(a, data.text + data.text, cel.bind(b, a + a, cel.bind(c, b + b, cel.bind(d, c + c, d + d == a))))',
  'data.list.map(y, data.text).join("") == "x"',
  'data.list.exists(x, data.text.split("").size() == 3)',
  // Functions that are slower than linear.
  'data.text.contains(data.needle)',
  'data.text.indexOf(data.needle) == 3',
  'data.text.lastIndexOf(data.needle, 700000) == 3',
  'data.text.split(data.needle).size() == 3',
  'duration(data.digits) == duration("1s")',
  'data.list.exists(x, time.getHours("Asia/Shanghai") == 99)',
  'data.list.exists(x, size(data.text) == 3)',
  'data.list.exists(x, data.text.lowerAscii() == data.needle)',
  'data.list.exists(x, string(bytes(data.text)) == data.needle)',
  // Patterns with backtracking.
  'data.xs.matches("^(x|x)*y$")',
  'data.xs.matches("(x+x+)+y$")',
  'data.xs.matches(".*.*.*.*=x")',
  'data.xs.matches("(x?){200}x{200}$")',
  'data.list.exists(x, data.xs.matches("[xy]*x[xy]{300}c?$"))',
] as const;

/** One large field, the others small; at most 1 MiB. */
export function nastyBody(large: string): string {
  const count = (name: string) => (name === large ? 1 : 0.02);
  const length = (name: string, most: number) => Math.floor(most * count(name));
  return JSON.stringify({
    list: Array.from({ length: length('list', 400_000) }, (_, index) => index % 7),
    objects: Array.from({ length: length('objects', 100_000) }, () => ({ k: 1 })),
    map: Object.fromEntries(Array.from({ length: length('map', 60_000) }, (_, index) => [`k${index}`, index])),
    json: JSON.stringify(Object.fromEntries(Array.from({ length: length('json', 30_000) }, (_, index) => [`k${index}`, index]))),
    text: 'a'.repeat(length('text', 700_000)),
    needle: `b${'a'.repeat(length('text', 250_000))}`,
    digits: '1'.repeat(length('digits', 900_000)),
    xs: `${'x'.repeat(length('xs', 900_000))}=yx`,
  });
}

export const NASTY_FIELDS = ['list', 'objects', 'map', 'json', 'text', 'digits', 'xs'] as const;
