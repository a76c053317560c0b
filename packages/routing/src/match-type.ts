/**
 * Whether the type `type` (such as `callbot.task.completed`) fits `pattern`: `*` stands for any run of characters, the empty one and
 * dots included, and everything else for itself, in this case.
 */
export function matchesType(pattern: string, type: string): boolean {
  const [prefix = '', ...rest] = pattern.split('*');
  const suffix = rest.pop();
  if (suffix === undefined) return type === pattern;
  if (!type.startsWith(prefix)) return false;
  // Taking the first place where each piece occurs leaves the most room for the pieces after it, so nothing is ever tried twice.
  let from = prefix.length;
  for (const piece of rest) {
    const at = type.indexOf(piece, from);
    if (at === -1) return false;
    from = at + piece.length;
  }
  return type.length - suffix.length >= from && type.endsWith(suffix);
}
