import type { CallbotAccount } from './config.ts';

/** Of the sample account in the provider's documentation and in our example. */
const PUBLISHED = 'u7Mf3zUNOkg4lMV9a0E6cHSgIkK22GSr';

export function hasPublishedSecret({ secrets }: CallbotAccount): boolean {
  return secrets.some((secret) => secret.reveal() === PUBLISHED);
}
