import { Section, type Settings } from '@ringback/contracts';
import { DestinationUrl } from '../destination-url.ts';

export const DiscordSettings = Section({
  url: DestinationUrl({ description: 'The URL of a Discord incoming webhook.' }),
});
export type DiscordSettings = Settings<typeof DiscordSettings>;
