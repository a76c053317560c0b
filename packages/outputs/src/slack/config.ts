import { Section, type Settings } from '@ringback/contracts';
import { DestinationUrl } from '../destination-url.ts';

export const SlackSettings = Section({
  url: DestinationUrl({ description: 'The URL of a Slack incoming webhook.' }),
});
export type SlackSettings = Settings<typeof SlackSettings>;
