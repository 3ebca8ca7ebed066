import { runApi, runServe, runWorker } from './commands/serve.js';
import { runMigrate } from './commands/migrate.js';

const help = `Binnacle, the operations platform for AI agents.

Usage: npm start                 everything in one process, on the embedded database unless DATABASE_URL is set
       npm run api               answers requests only   (needs DATABASE_URL)
       npm run worker            runs jobs only          (needs DATABASE_URL)
       npm run migrate           brings the database to the newest version
       npm run import -- --help  reads agent runs from files
       npm run demo -- --help    a made-up fleet at work, to look at

The README lists the settings, which are environment variables.
`;

type Command = (argv: string[]) => Promise<number>;

/** Loaded only when asked for: the server does not need what the clients need. */
const commands: Record<string, () => Promise<Command>> = {
  serve: () => Promise.resolve(runServe),
  api: () => Promise.resolve(runApi),
  worker: () => Promise.resolve(runWorker),
  migrate: () => Promise.resolve(runMigrate),
  import: async () => (await import('./commands/import.js')).runImportCommand,
  demo: async () => (await import('./commands/demo.js')).runDemoCommand,
  schema: async () => (await import('./commands/print-schema.js')).runPrintSchema,
};

const [name = 'serve', ...argv] = process.argv.slice(2);
const load = commands[name];
if (
  name === '--help' ||
  name === 'help' ||
  (argv.includes('--help') && name !== 'import' && name !== 'demo')
) {
  process.stdout.write(help);
} else if (!load) {
  process.stderr.write(`There is no command "${name}".\n\n${help}`);
  process.exitCode = 2;
} else {
  try {
    const run = await load();
    process.exitCode = await run(argv);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
// A command has stopped what it started when it returns; a library's timer that is left over shall not hold the process.
process.exit();
