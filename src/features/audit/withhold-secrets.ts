const secretName =
  /passw|secret|token|hash|authorization|cookie|credential|storage_?state|recipe|^api_?key$|private_?key/i;

/** What stands in the log instead of a value that looks secret. */
export const withheld = '[withheld]';

/**
 * The last line of defence of the audit log, which nothing can be removed from: whatever is kept under a name that looks
 * secret is withheld, at any depth. Numbers and booleans stay, for `inputTokens` is a count and no secret.
 */
export function withholdSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withholdSecrets);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) && (typeof item === 'string' || typeof item === 'object') && item !== null
        ? withheld
        : withholdSecrets(item),
    ]),
  );
}
