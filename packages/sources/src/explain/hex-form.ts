import type { Reason } from '@ringback/contracts';

/** Hash by the number of hex digits that it gives. */
export const ALGORITHM_OF_DIGITS: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

export type HexForm = {
  /** By the length. Undefined: no hash has this length. */
  readonly algorithm: string | undefined;
  /** In the expected letters. */
  readonly sign: Buffer;
  readonly reasons: readonly Reason[];
};

type Expected = { readonly algorithm: string; readonly letters: 'upper' | 'lower'; readonly side: string };

/** What the form of a sign in hex tells, without any secret. */
export function readHexForm(sent: Buffer, { algorithm: expected, letters, side }: Expected): HexForm {
  const { hex, reasons } = asHex(sent.toString('latin1').trim(), letters);
  const algorithm = ALGORITHM_OF_DIGITS[hex.length];
  const wrong = algorithm === expected ? [] : [otherLength({ digits: hex.length, algorithm, expected, side })];
  return { algorithm, sign: Buffer.from(inLetters(hex, letters)), reasons: [...wrong, ...reasons] };
}

/** For the log: the first reason that the form alone tells. */
export function likely({ reasons: [reason] }: HexForm): { likely?: string } {
  return reason ? { likely: reason.code } : {};
}

const inLetters = (hex: string, letters: Expected['letters']) => (letters === 'upper' ? hex.toUpperCase() : hex.toLowerCase());

function asHex(text: string, letters: Expected['letters']): { hex: string; reasons: Reason[] } {
  if (/^[0-9a-f]+$/i.test(text)) {
    const other = letters === 'upper' ? 'lower' : 'upper';
    const why = `the sign has ${other}-case letters: the sender must write its hex in ${letters} case`;
    return { hex: text, reasons: inLetters(text, letters) === text ? [] : [{ code: `${other}-case`, text: why }] };
  }
  const why = 'the sign is base64: the sender must write it in hex';
  if (/^[0-9a-z+/_-]{22,88}={0,2}$/i.test(text))
    return { hex: Buffer.from(text, 'base64').toString('hex'), reasons: [{ code: 'other-encoding', text: why }] };
  return { hex: '', reasons: [{ code: 'other-encoding', text: 'the sign is no hex: the sender must write it in hex' }] };
}

type Length = {
  readonly digits: number;
  readonly algorithm: string | undefined;
  readonly expected: string;
  readonly side: string;
};

function otherLength({ digits, algorithm, expected, side }: Length): Reason {
  const given = algorithm === undefined ? `${digits} hex digits, which no hash gives` : `the length of ${algorithm}`;
  return { code: 'wrong-algorithm', text: `the sign has ${given}, and our settings say ${expected}: ${side}` };
}
