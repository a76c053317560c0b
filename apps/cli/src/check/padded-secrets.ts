import type { Config } from '@ringback/config';
import { secretsIn } from '@ringback/contracts';
import type { Warning } from './warning.ts';

const TEXT = 'begins or ends with white space, which counts as part of the secret; remove it where the secret is kept';

/** A PEM text ends with a new line, as it should. */
const PEM = /^\s*-----BEGIN /;

export function paddedSecrets(config: Config): Warning[] {
  return [...secretsIn(config)].flatMap(({ keys, secret }) => {
    const text = secret.reveal();
    return text === text.trim() || PEM.test(text) ? [] : [{ at: placeInFile(keys), text: TEXT }];
  });
}

/** In the file the settings of a type stand beside `name` and `type`. */
function placeInFile(keys: Warning['at']): Warning['at'] {
  const [list, , part] = keys;
  const isStanza = (list === 'sources' || list === 'outputs') && part === 'settings';
  return isStanza ? keys.toSpliced(2, 1) : keys;
}
