import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { graphqlEndpoint, GraphqlRequestError } from '../../platform/graphql-client.js';
import { describeRefusal, findProject, NoProjectError } from '../project-access.js';
import { ProgressBar } from '../progress-bar.js';
import { connectTo, UsageError, type CommandIo, type ServerConnection } from '../server-connection.js';
import { IMPORT_HELP, parseImportArguments } from './import-arguments.js';
import type { ImportArguments } from './import-arguments.js';
import { ImportSummary } from './import-summary.js';
import { ensureAgent } from './import-target.js';
import { OtlpImport, OtlpStoppedError } from './otlp-import.js';
import { describeBroken, splitRecords } from './record-splitter.js';
import type { FileEntry } from './record-splitter.js';
import { TauBenchImport } from './tau-bench-import.js';
import { describeSource } from './tau-bench.js';

const LARGEST_FILE_BYTES = 512_000_000;

/**
 * Runs `import` with the arguments that follow it. Answers the exit code: 0 all was imported, 1 something was not,
 * 2 wrong usage, 130 stopped by the signal. Errors of `connect` are passed on.
 */
export async function runImport(argv: readonly string[], io: CommandIo): Promise<number> {
  try {
    const parsed = parseImportArguments(argv);
    if (parsed === null) {
      io.stdout.write(IMPORT_HELP);
      return 0;
    }
    return await importFile(parsed, io);
  } catch (error) {
    if (io.signal?.aborted) {
      io.stderr.write('Stopped. What was imported stays; run the same command again to go on.\n');
      return 130;
    }
    if (error instanceof UsageError) {
      io.stderr.write(`${error.message}\nMore with: npm run import -- --help\n`);
      return 2;
    }
    if (
      error instanceof NoProjectError ||
      error instanceof OtlpStoppedError ||
      error instanceof GraphqlRequestError
    ) {
      const reason = error instanceof GraphqlRequestError ? describeRefusal(error) : error.message;
      io.stderr.write(
        `The import stopped: ${reason}\nWhat was imported stays; run the same command again to go on.\n`,
      );
      return 1;
    }
    throw error;
  }
}

async function importFile(options: ImportArguments, io: CommandIo): Promise<number> {
  const bytes = await readRecordsFile(options.file, io.env);
  const entries = splitRecords(bytes);
  if (!entries.some((entry) => entry.kind === 'RECORD')) {
    const broken = entries.filter((entry) => entry.kind === 'BROKEN');
    io.stderr.write(`${[...broken.map(describeBroken), 'The file holds nothing to import.'].join('\n')}\n`);
    return broken.length === 0 ? 0 : 1;
  }
  const connection = await connectTo(io, options.project);
  try {
    const importEntries = options.format === 'otlp' ? importTraces : importRuns;
    return await importEntries(bytes, entries, options, connection, io);
  } finally {
    await connection.close();
  }
}

async function importTraces(
  bytes: Uint8Array,
  entries: readonly FileEntry[],
  options: ImportArguments,
  { url, apiKey }: ServerConnection,
  io: CommandIo,
): Promise<number> {
  const access = { url: graphqlEndpoint(url), apiKey, signal: io.signal };
  const project = await findProject(access, options.project);
  const recordCount = countRecords(entries);
  const bar = new ProgressBar(io.stderr, recordCount, 'requests');
  const traces = new OtlpImport({ bytes, url, apiKey, bar, signal: io.signal });
  try {
    await traces.run(entries);
  } finally {
    bar.finish();
    io.stdout.write(traces.describe(`Traces in project "${project.slug}" at ${url}`, recordCount));
  }
  return traces.hasProblems ? 1 : 0;
}

const countRecords = (entries: readonly FileEntry[]) =>
  entries.filter((entry) => entry.kind === 'RECORD' || entry.isRecord).length;

async function importRuns(
  bytes: Uint8Array,
  entries: readonly FileEntry[],
  options: ImportArguments,
  connection: ServerConnection,
  io: CommandIo,
): Promise<number> {
  const source = describeSource(options.file);
  const access = { url: graphqlEndpoint(connection.url), apiKey: connection.apiKey, signal: io.signal };
  const project = await findProject(access, options.project);
  const agent = await ensureAgent(access, project, options.agent ?? source.agentName, source);
  const recordCount = countRecords(entries);
  const summary = new ImportSummary();
  const bar = new ProgressBar(io.stderr, recordCount, 'runs');
  const trialDays = options.trialDays ?? null;
  try {
    await new TauBenchImport({ bytes, source, access, agent, trialDays, bar, summary }).run(entries);
  } finally {
    bar.finish();
    io.stdout.write(
      summary.describe(
        `Agent "${agent.name}" in project "${project.slug}" at ${connection.url}`,
        recordCount,
      ),
    );
  }
  return summary.hasProblems ? 1 : 0;
}

/** @throws UsageError where the file is not there, is no file, or is too large. */
async function readRecordsFile(file: string, env: CommandIo['env']): Promise<Uint8Array> {
  // npm runs scripts from the package's folder, and says in INIT_CWD where the person was.
  const paths = env.INIT_CWD === undefined ? [resolve(file)] : [resolve(file), resolve(env.INIT_CWD, file)];
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found === null) continue;
    if (!found.isFile()) throw new UsageError(`${path} is not a file.`);
    if (found.size > LARGEST_FILE_BYTES) {
      throw new UsageError(
        `${path} has ${Math.ceil(found.size / 1e6)} MB; the import takes at most ${LARGEST_FILE_BYTES / 1e6} MB at a time. Split it into smaller files.`,
      );
    }
    try {
      return await readFile(path);
    } catch (error) {
      throw new UsageError(
        `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
        { cause: error },
      );
    }
  }
  throw new UsageError(`There is no file ${paths.join(' nor ')}.`);
}
