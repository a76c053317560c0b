/** JSONPath, which people write from habit. A key such as `$id` is taken. */
const JSON_PATH = /^\$(?:[.[]|$)|\[/;

export function problemOfPath(path: string): string | undefined {
  if (!JSON_PATH.test(path)) return undefined;
  const keys = path
    .replace(/^\$/, '')
    .replaceAll(/\[['"]?([^\][.'"]*)['"]?\]/g, '.$1')
    .replace(/^\./, '');
  const isPlain = keys !== '' && !/[[\]*?@()'"]/.test(keys);
  return isPlain
    ? `is JSONPath; write ${keys}, with only dots between the keys`
    : 'is JSONPath; write keys with only dots between them, such as data.object.id';
}
