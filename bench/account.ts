import { createSecret } from '@ringback/contracts';
import type { CallbotAccount } from '@ringback/sources';

/** Production refuses the provider's sample secret. */
export const BENCH_ACCOUNT = { uuid: 'Bench1ym3yQwWSYZFpqkFwTskGXUbSxD', secret: 'bench3zUNOkg4lMV9a0E6cHSgIkK22GS' } as const;

export const ACCOUNT: CallbotAccount = {
  uuid: BENCH_ACCOUNT.uuid,
  secrets: [createSecret(BENCH_ACCOUNT.secret)],
  algorithm: 'md5',
};
