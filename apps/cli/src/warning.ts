/** What is most likely a mistake in the settings, and where. */
export type Warning = { readonly at: readonly (string | number)[]; readonly text: string };
