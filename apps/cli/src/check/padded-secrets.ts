import type { Config } from '@ringback/config';
import { secretsIn } from '@ringback/contracts';
import { placeInFile } from './place-in-file.ts';
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
