import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@ringback/contracts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Tells whether an `Authorization` header has the token (RFC 6750, 2.1), in a time that says nothing of it. */
export function createTokenCheck(token: Secret): (authorization: string | undefined) => boolean {
  const wanted = digest(token.reveal());
  return (authorization = '') => {
    const given = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    return timingSafeEqual(digest(given ?? ''), wanted) && given !== undefined;
  };
}
