import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { FormProblem, problemAt } from '../../components/FormProblem';
import { useToasts } from '../../components/Toasts';
import { PublishAgentVersionDocument, type VersionDetailFragment } from '../../generated/graphql';
import styles from './AgentPage.module.css';

interface Props {
  agentId: string;
  /** What the new version starts from. */
  current: VersionDetailFragment | undefined;
  onPublished: () => Promise<void>;
  onClose: () => void;
}

/** The form for a new version, which is what new tasks run from then on. */
export function PublishVersion({ agentId, current, onPublished, onClose }: Props) {
  const { api } = useApi();
  const toasts = useToasts();
  const configId = useId();
  const [provider, setProvider] = useState(current?.provider ?? '');
  const [model, setModel] = useState(current?.model ?? '');
  const [note, setNote] = useState('');
  const [config, setConfig] = useState(() => JSON.stringify(current?.config ?? {}, null, 2));
  const parsed = parseObject(config);
  const publish = useMutation({
    mutationFn: async (config: object) => {
      const input = { agentId, config, provider: orNull(provider), model: orNull(model), note: orNull(note) };
      return (await api.request(PublishAgentVersionDocument, { input })).publishAgentVersion;
    },
    onSuccess: async ({ number }) => {
      await onPublished();
      toasts.show({ tone: 'good', text: `Version ${number} is published; new tasks run it.` });
      onClose();
    },
  });
  return (
    <form
      className={styles.form}
      aria-label="Publish a version"
      onSubmit={(event) => {
        event.preventDefault();
        if (parsed && !publish.isPending) publish.mutate(parsed);
      }}
    >
      <Field
        label="Provider"
        value={provider}
        onChange={setProvider}
        problem={problemAt(publish.error, 'provider')}
        autoFocus
      />
      <Field label="Model" value={model} onChange={setModel} problem={problemAt(publish.error, 'model')} />
      <div className={styles.wide}>
        <Field
          label="Note"
          hint="Why this version is made, for those who compare later"
          value={note}
          onChange={setNote}
          problem={problemAt(publish.error, 'note')}
        />
      </div>
      <div className={styles.wide}>
        <label htmlFor={configId}>Configuration (JSON)</label>
        <textarea
          id={configId}
          className={styles.config}
          rows={10}
          spellCheck={false}
          value={config}
          aria-invalid={parsed === null}
          aria-describedby={`${configId}-problem`}
          onChange={(event) => setConfig(event.target.value)}
        />
        <p id={`${configId}-problem`} className={styles.problem} role="alert">
          {parsed === null
            ? 'This is no JSON object, such as {"temperature": 0.2}.'
            : problemAt(publish.error, 'config')}
        </p>
      </div>
      <FormProblem
        fault={publish.error}
        isAtField={(path) => ['provider', 'model', 'note', 'config'].includes(path)}
      />
      <div className={styles.bar}>
        <Button type="submit" look="primary" isPending={publish.isPending} isDisabled={parsed === null}>
          Publish
        </Button>
        <Button onPress={onClose}>Close</Button>
      </div>
    </form>
  );
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
