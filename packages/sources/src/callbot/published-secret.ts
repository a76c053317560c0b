import type { CallbotAccount } from './config.ts';

/** The secret of the sample account in the provider's documentation, which our example has as well. */
const PUBLISHED = 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr';

/** Whether anybody can sign for the account. */
export function hasPublishedSecret({ secrets }: CallbotAccount): boolean {
  return secrets.some((secret) => secret.reveal() === PUBLISHED);
}
