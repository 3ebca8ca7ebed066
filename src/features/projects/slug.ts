import { randomBytes } from 'node:crypto';

const longestSlug = 63;

/** Small letters, digits and hyphens, with a letter or digit at both ends. */
export const slugForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A slug made of a name: "Ünited Robots!" is united-robots; "project" where no letter or digit of ASCII remains. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longestSlug)
    .replace(/^-|-$/g, '');
  return slug || 'project';
}

/** The same slug with an ending that hardly anybody else has. */
export function withRandomEnding(slug: string): string {
  return `${slug.slice(0, longestSlug - 9).replace(/-$/, '')}-${randomBytes(4).toString('hex')}`;
}
