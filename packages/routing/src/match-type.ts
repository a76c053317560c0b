/** `*` is any run of characters, also empty or with dots. Case matters. */
export function matchesType(pattern: string, type: string): boolean {
  const [prefix = '', ...rest] = pattern.split('*');
  const suffix = rest.pop();
  if (suffix === undefined) return type === pattern;
  if (!type.startsWith(prefix)) return false;
  // The first match of a piece leaves most room: no backtracking.
  let from = prefix.length;
  for (const piece of rest) {
    const at = type.indexOf(piece, from);
    if (at === -1) return false;
    from = at + piece.length;
  }
  return type.length - suffix.length >= from && type.endsWith(suffix);
}
