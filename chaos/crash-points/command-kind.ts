import { createHash } from 'node:crypto';
import { PREFIX } from '../settings.ts';

export type Kinds = {
  /** Without what differs between runs: `eval 5ab432 output.crm`. */
  of(command: readonly string[]): string;
  /** For people: adds what a known script does. */
  describe(kind: string): string;
};

const DIGEST_SHOWN = 6;
const WORDS_SHOWN = 6;

export function createKinds(): Kinds {
  const titles = new Map<string, string>();

  /** The same kind for text and digest. */
  function ofScript(name: string, script: string): string {
    if (name === 'evalsha') return `eval ${script.slice(0, DIGEST_SHOWN)}`;
    const digest = createHash('sha1').update(script).digest('hex').slice(0, DIGEST_SHOWN);
    titles.set(digest, titleOf(script));
    return `eval ${digest}`;
  }

  return {
    of([name = '', ...args]) {
      const what = name === 'eval' || name === 'evalsha' ? ofScript(name, args[0] ?? '') : name;
      const key = args.find((arg) => arg.startsWith(`${PREFIX}:`));
      return key === undefined ? what : `${what} ${placeOf(key.slice(PREFIX.length + 1))}`;
    },
    describe: (kind) => kind.replace(/\beval (\w+)/, (found, digest: string) => `${found}${titles.get(digest) ?? ''}`),
  };
}

/** From its first comment. */
function titleOf(script: string): string {
  const comment = /--\[\[\s*(.*)/.exec(script)?.[1];
  return comment === undefined ? '' : ` (${comment.toLowerCase().split(' ').slice(0, WORDS_SHOWN).join(' ')})`;
}

/** A queue's name, or a part of the ledger. */
function placeOf(key: string): string {
  const [place = '', rest = ''] = key.split(':');
  if (place !== 'ledger') return place;
  return rest.includes('.') ? 'outcomes' : 'claims';
}
