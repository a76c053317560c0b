import { createSecret } from '@ringback/contracts';
import { createSenders } from '@ringback/sources';

/** Production refuses the provider's sample secret. */
export const BENCH_ACCOUNT = { uuid: 'Bench1ym3yQwWSYZFpqkFwTskGXUbSxD', secret: 'bench3zUNOkg4lMV9a0E6cHSgIkK22GS' } as const;

const { uuid, secret } = BENCH_ACCOUNT;
/** The documented paths: `settings.ts` leaves them at their defaults. */
const paths = {
  task: '/api/v3/taskCallback',
  order: '/api/v3/orderCallback',
  call: '/api/v3/callCallback',
  any: '/callbot',
};
const settings = { accounts: [{ uuid, secrets: [createSecret(secret)], algorithm: 'md5' }], paths };
const [sender] = createSenders([{ name: 'callbot', type: 'callbot', settings }]);
if (!sender) throw new Error('no sender');

/** Makes and signs the callbacks that are sent. */
export const SENDER = sender;
