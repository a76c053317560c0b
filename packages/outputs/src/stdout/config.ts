import { Section, type Settings } from '@ringback/contracts';

export const StdoutSettings = Section({});
export type StdoutSettings = Settings<typeof StdoutSettings>;
