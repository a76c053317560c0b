import { createSecret } from '@ringback/contracts';
import type { CallbotAccount } from '@ringback/sources';

/** Not the provider's sample: the processes under measurement run as in production, where that is refused. */
export const BENCH_ACCOUNT = { uuid: 'Bench1ym3yQwWSYZFpqkFwTskGXUbSxD', secret: 'bench3zUNOkg4lMV9a0E6cHSgIkK22GS' } as const;

/** Whose callbacks are sent. */
export const ACCOUNT: CallbotAccount = {
  uuid: BENCH_ACCOUNT.uuid,
  secrets: [createSecret(BENCH_ACCOUNT.secret)],
  algorithm: 'md5',
};
