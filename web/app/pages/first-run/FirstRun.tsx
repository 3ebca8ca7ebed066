import { useState } from 'react';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { CopyButton } from '../../components/CopyButton';
import { CreateFirstKeyDocument } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import { KEY_PLACEHOLDER, SNIPPETS, type SnippetLanguage } from './snippets';
import styles from './FirstRun.module.css';

const LANGUAGES: { value: SnippetLanguage; label: string }[] = [
  { value: 'curl', label: 'curl' },
  { value: 'typescript', label: 'TypeScript' },
];

/** For a project without tasks: how to send the first step. Gives way to the list when it arrives. */
export function FirstRun() {
  const project = useProject();
  const { api } = useApi();
  const [secret, setSecret] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [language, setLanguage] = useState<SnippetLanguage>('curl');

  const makeKey = async () => {
    setBusy(true);
    setFault(null);
    try {
      const { createApiKey } = await api.request(CreateFirstKeyDocument, {
        input: { projectId: project.id, name: 'First steps', scopes: ['INGEST', 'READ'] },
      });
      setSecret(createApiKey.secret);
    } catch (error) {
      setFault((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const snippet = SNIPPETS[language]({
    origin: location.origin,
    projectId: project.id,
    secret: secret ?? KEY_PLACEHOLDER,
  });

  return (
    <section className={styles.page} aria-labelledby="first-run">
      <header>
        <h2 id="first-run">Send the first step</h2>
        <p>
          {project.name} has no tasks yet. An agent tells Binnacle what it does by one HTTP request per batch
          of steps; what it tells appears here while it happens.
        </p>
      </header>
      <ol className={styles.steps}>
        <li>
          <h3>Make an API key</h3>
          {project.role !== 'ADMIN' ? (
            <p>Only an admin of the project can make one; ask for it.</p>
          ) : secret === null ? (
            <Button look="primary" isPending={isBusy} onPress={() => void makeKey()}>
              Make a key
            </Button>
          ) : (
            <div className={styles.key} role="status">
              <code>{secret}</code>
              <CopyButton text={secret} label="Copy the key" />
              <p>Shown this once. It stands in the code below already.</p>
            </div>
          )}
          {fault && (
            <p role="alert" className={styles.problem}>
              {fault}
            </p>
          )}
        </li>
        <li>
          <h3>Run this</h3>
          <div className={styles.tools}>
            <div role="group" aria-label="Language" className={styles.languages}>
              {LANGUAGES.map(({ value, label }) => (
                <button
                  key={value}
                  type="button"
                  aria-pressed={value === language}
                  onClick={() => setLanguage(value)}
                >
                  {label}
                </button>
              ))}
            </div>
            <CopyButton text={snippet} label="Copy the code" />
          </div>
          <pre className={styles.code} tabIndex={0} aria-label={`Code for ${language}`}>
            {snippet}
          </pre>
        </li>
        <li>
          <h3>Watch it arrive</h3>
          <p className={styles.waiting} role="status">
            <span aria-hidden="true" className={styles.pulse} /> Waiting for the first task…
          </p>
        </li>
      </ol>
    </section>
  );
}
