import { createSecret } from '@ringback/contracts';
import type { CallbotAccount } from '@ringback/sources';
import { SAMPLE_ACCOUNT } from '../tests/interface-settings.ts';

/** Whose callbacks are sent. */
export const ACCOUNT: CallbotAccount = {
  uuid: SAMPLE_ACCOUNT.uuid,
  secrets: [createSecret(SAMPLE_ACCOUNT.secret)],
  algorithm: 'md5',
};
