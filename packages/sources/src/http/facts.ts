import type { Headers } from '@ringback/contracts';
import { headerText } from './header-text.ts';
import { shownText } from './shown-text.ts';

type Names = { readonly id?: string | undefined; readonly sign: string; readonly account?: string };

/** For the log of a refused request: the sign's length in place of the sign. */
export function factsOf(headers: Headers, { id, sign, account }: Names): Record<string, string | number> {
  const shown = (name: string | undefined) => {
    const value = name === undefined ? undefined : headers[name.toLowerCase()]?.[0];
    return value === undefined ? undefined : shownText(headerText(Buffer.from(value, 'latin1')));
  };
  const requestID = shown(id);
  const named = shown(account);
  const signLength = headers[sign.toLowerCase()]?.[0]?.length;
  return {
    ...(requestID !== undefined && { requestID }),
    ...(account !== undefined && named !== undefined && { [account]: named }),
    ...(signLength !== undefined && { signLength }),
  };
}
