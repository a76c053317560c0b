const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };

/** Words of a shell command, with the quotes that browsers write: '…', "…", $'…', and \ at a line's end. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const add = (more: string) => (word = (word ?? '') + more);
  const token = /\\\r?\n|\\([\s\S])|\$'((?:[^'\\]|\\[\s\S])*)'|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|(\s+)|([^\s\\'"$]+|[$'"\\])/g;
  for (const [whole, escaped, ansi, single, double, space, plain] of text.matchAll(token)) {
    if (/^\\\r?\n$/.test(whole)) continue;
    if (space === undefined) add(escaped ?? single ?? plain ?? unescapeAnsi(ansi) ?? unescapeDouble(double ?? ''));
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

function unescapeDouble(text: string): string {
  return text.replaceAll(/\\\r?\n/g, '').replaceAll(/\\(["\\$`])/g, '$1');
}

function unescapeAnsi(text: string | undefined): string | undefined {
  return text?.replaceAll(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g,
    (whole, unicode, hex, one: string | undefined) => {
      const code = unicode ?? hex;
      return code === undefined ? (ESCAPES[one ?? ''] ?? whole) : String.fromCharCode(Number.parseInt(code, 16));
    },
  );
}
