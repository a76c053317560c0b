import type { Headers, Reason } from '@ringback/contracts';

type Wanted = {
  readonly names: readonly string[];
  /** The one of the signature. */
  readonly sign: string;
};

export type Named = {
  /** With the wanted names in place of those that were found. */
  readonly headers: Headers;
  readonly reasons: readonly Reason[];
  /** Whether a header is missing, and no other looks like it. */
  readonly isMissing: boolean;
};

/** Looks for required headers under other names, such as `X-Request-Id` for `requestID`. */
export function withOtherNames(headers: Headers, { names, sign }: Wanted): Named {
  const missing = names.filter((name) => headers[name.toLowerCase()] === undefined);
  const found = missing.map((name) => [name, lookalike(headers, { name, names, isSign: name === sign })] as const);
  const renamed = found.flatMap(([name, other]) => (other === undefined ? [] : [[name, other] as const]));
  const absent = found.filter(([, other]) => other === undefined).map(([name]) => name);
  const reasons = [
    ...renamed.map(([name, other]): Reason => ({ code: 'other-header', text: otherText(name, other) })),
    ...(absent.length > 0 ? [headerMissing(absent)] : []),
  ];
  const added = Object.fromEntries(renamed.map(([name, other]) => [name.toLowerCase(), headers[other]]));
  return { headers: { ...headers, ...added }, reasons, isMissing: absent.length > 0 };
}

function otherText(name: string, other: string): string {
  return `header ${name} is missing, and header ${other} looks like it: send it as ${name}, or find what renames it on the way`;
}

function headerMissing(names: readonly string[]): Reason {
  const text = `header ${names.join(', ')} is missing: the sender must send it, and proxies must pass it on (some drop names with an underscore)`;
  return { code: 'header-missing', text };
}

type Lookup = { readonly name: string; readonly names: readonly string[]; readonly isSign: boolean };

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

function lookalike(headers: Headers, { name, names, isSign }: Lookup): string | undefined {
  const taken = new Set(names.map((wanted) => wanted.toLowerCase()));
  const others = Object.keys(headers).filter((other) => !taken.has(other) && headers[other]?.length === 1);
  const spelled = plain(name);
  const bySpelling = others.find((other) => plain(other) === spelled) ?? others.find((other) => plain(other).endsWith(spelled));
  if (bySpelling !== undefined || !isSign) return bySpelling;
  return others.find((other) => /sign|hmac|digest/.test(plain(other)));
}
