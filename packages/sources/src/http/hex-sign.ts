import { withoutTrailingSpace } from './trailing-space.ts';

const HEX_DIGITS = { md5: 32, sha256: 64 } as const;

type Form = { readonly algorithm: keyof typeof HEX_DIGITS; readonly letters: 'upper' | 'lower' };

/** What is wrong with the form of a sign in hex. */
export function problemOfHex(sign: string, { algorithm, letters }: Form): string | undefined {
  if (!/^[0-9A-Fa-f]*$/.test(sign)) return 'the sign is no hex';
  const digits = HEX_DIGITS[algorithm];
  if (sign.length !== digits) return `the sign has ${sign.length} digits; ${algorithm} gives ${digits}`;
  const [wrong, other] = letters === 'upper' ? [/[a-f]/, 'lower'] : [/[A-F]/, 'upper'];
  return wrong.test(sign) ? `the sign has ${other}-case letters; ${letters} case expected` : undefined;
}

/** A request with the shorter body would tell as much. `what` fits. */
export function problemOfSpace(what: string, body: Buffer, fits: (shorter: Buffer) => boolean): string | undefined {
  const trimmed = withoutTrailingSpace(body);
  const bytes = body.length - trimmed.length;
  if (bytes === 0 || !fits(trimmed)) return undefined;
  return `${what} fits without the ${bytes} byte${bytes === 1 ? '' : 's'} of white space at the end of the body`;
}
