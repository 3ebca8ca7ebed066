import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Source {
  /** From the repository's root, with slashes. */
  path: string;
  lines: number;
  /** Paths of imported files of the repository, without ending. */
  imports: string[];
  packages: string[];
}

let sources: Source[];

async function readSources(folder: string): Promise<Source[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name));
  return Promise.all(
    files.map(async (entry) => {
      const path = relative(root, join(entry.parentPath, entry.name));
      const text = await readFile(join(root, path), 'utf8');
      // Static, dynamic and re-exporting imports, and require: whatever names a module.
      const names = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*'([^']+)'/g)].map(
        (match) => match[1] ?? '',
      );
      const own = names.filter((name) => name.startsWith('.'));
      return {
        path,
        lines: text.split('\n').length - 1,
        imports: own.map((name) => join(dirname(path), name).replace(/\.js$/, '')),
        packages: names.filter((name) => !name.startsWith('.')),
      };
    }),
  );
}

beforeAll(async () => {
  sources = (
    await Promise.all(
      ['src', 'web', 'client/src', 'client/example', 'migrations', 'test', 'bench'].map(readSources),
    )
  ).flat();
});

const isGenerated = (path: string) => path.includes('/generated/');
const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/');
const featureOf = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1];

/** main -> commands -> the composition root -> features -> platform. */
function layerOf(path: string): number {
  if (path.startsWith('src/platform/')) return 0;
  if (path.startsWith('src/features/')) return 1;
  if (path.startsWith('src/commands/')) return 3;
  if (path === 'src/main' || path === 'src/main.ts') return 4;
  return 2;
}

/** Every import that breaks a rule, as `from -> to`. */
function breaches(isBreach: (from: string, to: string) => boolean): string[] {
  return sources
    .filter(({ path }) => path.startsWith('src/') && !isTest(path))
    .flatMap(({ path, imports }) =>
      imports.filter((to) => isBreach(path, to)).map((to) => `${path} -> ${to}`),
    );
}

describe('the import rules', () => {
  test('the check sees the imports at all', () => {
    expect(sources.length).toBeGreaterThan(80);
    const app = sources.find(({ path }) => path === 'src/app.ts');
    expect(app?.imports).toContain('src/features/tasks/index');
  });

  test('imports point one way: main, commands, composition root, features, platform', () => {
    expect(
      breaches((from, to) => {
        if (!to.startsWith('src/')) return !(layerOf(from) === 2 && to.startsWith('migrations/'));
        return layerOf(from) < layerOf(to);
      }),
    ).toEqual([]);
  });

  test('a feature is imported only through its index', () => {
    expect(
      breaches((from, to) => {
        const feature = featureOf(to);
        return feature !== undefined && feature !== featureOf(from) && to !== `src/features/${feature}/index`;
      }),
    ).toEqual([]);
  });

  test('there are no circles', () => {
    const graph = new Map(sources.map(({ path, imports }) => [path.replace(/\.tsx?$/, ''), imports]));
    const circles: string[] = [];
    const done = new Set<string>();
    const walk = (path: string, trail: string[]): void => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      if (done.has(path) || trail.includes(path)) return;
      for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) walk(path, []);
    expect(circles).toEqual([]);
  });

  test('the pages import nothing from the server, and the server nothing from the pages', () => {
    const crossing = sources.flatMap(({ path, imports }) =>
      imports
        .filter((to) => path.startsWith('web/') !== to.startsWith('web/'))
        .map((to) => `${path} -> ${to}`),
    );
    expect(crossing).toEqual([]);
  });

  test('the client stands alone: nothing of the repository and no package within, and the server does not use it', () => {
    const own = sources.filter(({ path }) => path.startsWith('client/'));
    expect(own.length).toBeGreaterThan(15);
    const within = own.flatMap(({ path, imports, packages }) => [
      ...imports.filter((to) => !to.startsWith('client/src/')).map((to) => `${path} -> ${to}`),
      ...packages
        .filter(
          (name) => !isTest(path) && !(path.startsWith('client/example/') && name === '@binnacle/client'),
        )
        .map((name) => `${path} -> ${name}`),
    ]);
    expect(within).toEqual([]);
    const without = sources
      .filter(({ path }) => !path.startsWith('client/'))
      .flatMap(({ path, imports, packages }) => [
        ...imports.filter((to) => to.startsWith('client/')).map((to) => `${path} -> ${to}`),
        ...packages
          .filter((name) => name === '@binnacle/client' && !isTest(path))
          .map((name) => `${path} -> ${name}`),
      ]);
    expect(without).toEqual([]);
  });

  test('only the commands read the environment', () => {
    // The embedded database's programs are started in the environment of their parent.
    const allowed = /^src\/(commands\/|main\.ts|platform\/embedded-postgres)/;
    const readers = sources.filter(
      ({ path }) => path.startsWith('src/') && !isTest(path) && !allowed.test(path),
    );
    return Promise.all(
      readers.map(async ({ path }) => {
        const text = await readFile(join(root, path), 'utf8');
        expect(`${path} ${/process\.env\b/.test(text)}`).toBe(`${path} false`);
      }),
    );
  });
});

describe('the habits', () => {
  test('files stay small', () => {
    const long = sources.filter(
      ({ path, lines }) => !isTest(path) && !isGenerated(path) && !path.startsWith('bench/') && lines > 350,
    );
    expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  });

  test('no file is named for having no purpose', () => {
    const vague = sources.filter(({ path }) =>
      /(^|-)(utils?|helpers?|common|manager|misc)\.tsx?$/i.test(path.split('/').at(-1) ?? ''),
    );
    expect(vague.map(({ path }) => path)).toEqual([]);
  });
});
