import { useMutation } from '@tanstack/react-query';
import { useState, type ComponentProps } from 'react';
import { useNavigate } from 'react-router';
import { useApi } from '../../api/api-context';
import { Button } from '../../components/Button';
import { Choice, Field } from '../../components/Field';
import { FormProblem, problemAt } from '../../components/FormProblem';
import { Loading, StatePanel } from '../../components/States';
import panel from '../../components/Panel.module.css';
import { CreateScrapingTaskDocument, PreviewScrapingDocument } from '../../generated/graphql';
import { showName } from '../../format/hostile-text';
import { useCanOperate, useProject } from '../../shell/project-context';
import { usePageTitle } from '../../shell/use-page-title';
import { useLoginSessions } from '../logins/use-login-sessions';
import { FieldsEditor, Mark } from './FieldsEditor';
import {
  ENGINES,
  isTold,
  KINDS,
  newDraft,
  previewInput,
  taskInput,
  unreadableNumbers,
  type ScrapingDraft,
} from './scraping-draft';
import styles from './ScrapingPage.module.css';
import { ScrapingPreview } from './ScrapingPreview';

/** Makes a scraping task, and shows before what its selectors find. */
export function ScrapingPage() {
  usePageTitle('New scraping task');
  const canOperate = useCanOperate();
  return (
    <div className={panel.page}>
      <h1>New scraping task</h1>
      {canOperate ? (
        <ScrapingForm />
      ) : (
        <StatePanel title="You may not make tasks">
          <p>Ask an admin of the project to make you an operator.</p>
        </StatePanel>
      )}
    </div>
  );
}

type TextKey = {
  [Key in keyof ScrapingDraft]: ScrapingDraft[Key] extends string ? Key : never;
}[keyof ScrapingDraft];

function ScrapingForm() {
  const project = useProject();
  const { api } = useApi();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(newDraft);
  const { data: logins = [] } = useLoginSessions();
  const set = (part: Partial<ScrapingDraft>) => setDraft((before) => ({ ...before, ...part }));
  const preview = useMutation({
    mutationFn: async (sent: ScrapingDraft) =>
      (await api.request(PreviewScrapingDocument, { input: previewInput(sent, project.id) })).previewScraping,
  });
  const create = useMutation({
    mutationFn: async (sent: ScrapingDraft) =>
      (await api.request(CreateScrapingTaskDocument, { input: taskInput(sent, project.id) }))
        .createScrapingTask,
    onSuccess: ({ id }) => navigate(`/p/${project.slug}/tasks/${id}`),
  });
  const fault = create.error ?? preview.error;
  const unreadable = unreadableNumbers(draft);
  const problemOf = (path: string) =>
    unreadable.some((key) => key === path) ? 'A whole number is needed here.' : problemAt(fault, path);
  // The server counts the fields that were sent; since then some may have come or gone.
  const sentFields = (create.error ? create : preview).variables?.fields.filter(isTold) ?? [];
  const text = (key: TextKey, label: string, more: Partial<ComponentProps<typeof Field>> = {}) => (
    <Field
      {...more}
      label={label}
      value={draft[key]}
      onChange={(value) => set({ [key]: value })}
      problem={problemOf(key)}
    />
  );
  const { kind } = draft;
  return (
    <form
      className={styles.form}
      aria-label="New scraping task"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!create.isPending && unreadable.length === 0) create.mutate(draft);
      }}
    >
      <div className={panel.fields}>
        <Choice label="What to read" value={kind} options={KINDS} onChoose={(kind) => set({ kind })} />
        <Choice
          label="Read by"
          value={draft.engine}
          options={ENGINES}
          onChoose={(engine) => set({ engine })}
        />
        <div className={styles.wide}>{text('url', 'Address', { type: 'url', placeholder: 'https://…' })}</div>
        {kind !== 'PAGE' &&
          text('itemSelector', 'Items', {
            hint:
              kind === 'LIST' ? 'A selector: what each item is within' : 'Left out, each page is one item',
          })}
        {kind === 'LIST' && text('nextPageSelector', 'Next page', { hint: 'A selector of the link to it' })}
        {kind === 'CRAWL' &&
          text('linkSelector', 'Links to follow', { hint: 'All of the same host unless told' })}
        {kind !== 'PAGE' &&
          text('maxPages', 'Most pages', {
            inputMode: 'numeric',
            hint: kind === 'LIST' ? '10 unless told' : '50 unless told',
          })}
        {kind === 'CRAWL' && text('maxDepth', 'Depth', { inputMode: 'numeric', hint: '2 links unless told' })}
        <Choice
          label="Signed in by"
          value={draft.loginSessionId}
          options={[
            { value: '', label: 'No login' },
            ...logins.map(({ id, account, site }) => ({
              value: id,
              label: `${showName(account, 60)} at ${showName(site, 60)}`,
            })),
          ]}
          onChoose={(loginSessionId) => set({ loginSessionId })}
        />
        {text('waitForSelector', 'Wait for', { hint: 'A selector of what must be there first' })}
      </div>
      <FieldsEditor
        fields={draft.fields}
        onChange={(fields) => set({ fields })}
        problemOf={(id, part) =>
          problemOf(`fields[${sentFields.findIndex((sent) => sent.id === id)}].${part}`)
        }
      />
      <Mark
        isOn={draft.respectRobots}
        label="Keep to the site’s robots.txt"
        onChange={(respectRobots) => set({ respectRobots })}
      />
      <FormProblem
        fault={fault}
        isAtField={(path) => path in draft || /^fields\[\d+\]\.(name|selector|attribute)$/.test(path)}
      />
      <div className={panel.bar}>
        <Button
          isPending={preview.isPending}
          onPress={() => {
            create.reset();
            preview.mutate(draft);
          }}
        >
          Preview
        </Button>
        <Button type="submit" look="primary" isPending={create.isPending} isDisabled={unreadable.length > 0}>
          Create the task
        </Button>
      </div>
      {preview.isPending && <Loading what="Reading the page" />}
      {preview.data &&
        !preview.isPending &&
        (preview.variables === draft ? (
          <ScrapingPreview preview={preview.data} />
        ) : (
          <p className={panel.muted}>The form has changed since the preview.</p>
        ))}
    </form>
  );
}
