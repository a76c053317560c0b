import { createHash } from 'node:crypto';
import { PREFIX } from '../settings.ts';

/** Tells kinds of commands apart. */
export type Kinds = {
  /** What a command is and where, without what differs from run to run: `eval 5ab432 output.crm`. */
  of(command: readonly string[]): string;
  /** The same for people: with what the script does, where its text was seen. */
  describe(kind: string): string;
};

const DIGEST_SHOWN = 6;
const WORDS_SHOWN = 6;

export function createKinds(): Kinds {
  const titles = new Map<string, string>();

  /** A script has one kind, whether it is sent as text or by its digest. */
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

/** The first words of its first comment. */
function titleOf(script: string): string {
  const comment = /--\[\[\s*(.*)/.exec(script)?.[1];
  return comment === undefined ? '' : ` (${comment.toLowerCase().split(' ').slice(0, WORDS_SHOWN).join(' ')})`;
}

/** A queue's name, or what of the ledger it is. */
function placeOf(key: string): string {
  const [place = '', rest = ''] = key.split(':');
  if (place !== 'ledger') return place;
  return rest.includes('.') ? 'outcomes' : 'claims';
}
