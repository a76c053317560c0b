export type Warning = { readonly at: readonly (string | number)[]; readonly text: string };
