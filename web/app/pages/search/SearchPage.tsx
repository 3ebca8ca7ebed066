import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useApi } from '../../api/api-context';
import { Age } from '../../components/Age';
import { Button } from '../../components/Button';
import { ChecksMenu } from '../../components/ChecksMenu';
import { Field } from '../../components/Field';
import { NamesField } from '../../components/FilterFields';
import { Marked } from '../../components/Marked';
import { FaultPanel, Loading, StatePanel } from '../../components/States';
import { STEP_STATUS_LABELS, STEP_TYPE_LABELS } from '../../components/step-labels';
import { StepStatusBadge, StepTypeLabel } from '../../components/StepType';
import { useDraft } from '../../components/use-draft';
import { showControls, showName } from '../../format/hostile-text';
import { formatDuration } from '../../format/numbers';
import { SearchStepsDocument, type SearchStepsQuery } from '../../generated/graphql';
import { useProject } from '../../shell/project-context';
import { useAddressView } from '../../shell/use-address-view';
import { usePageTitle } from '../../shell/use-page-title';
import { writeStepView } from '../task/steps/step-view';
import { MOST_CHARACTERS, readSearchView, writeSearchView, type SearchView } from './search-view';
import styles from './SearchPage.module.css';

const PAGE_ROWS = 30;

/** Steps of the whole project by what they say. A hit opens its task at the step. */
export function SearchPage() {
  const project = useProject();
  const [view, changeView] = useAddressView(readSearchView, writeSearchView);
  const set = (part: Partial<SearchView>) => changeView((view) => ({ ...view, ...part }));
  usePageTitle(view.text === '' ? `Search in ${project.name}` : `${view.text} in ${project.name}`);
  const text = useDraft(view.text, (text) => set({ text }));
  return (
    <div className={styles.page}>
      <h1>Search</h1>
      <div className={styles.bar} role="search" aria-label="Steps">
        <div className={styles.text}>
          <Field
            {...text}
            type="search"
            label="Text"
            isLabelHidden
            placeholder="Words in names, errors and payloads"
            maxLength={MOST_CHARACTERS}
            autoFocus
          />
        </div>
        <ChecksMenu
          label="Type"
          values={view.types}
          labels={STEP_TYPE_LABELS}
          onChange={(types) => set({ types })}
        />
        <ChecksMenu
          label="Status"
          values={view.statuses}
          labels={STEP_STATUS_LABELS}
          onChange={(statuses) => set({ statuses })}
        />
        <NamesField
          label="Models, with commas"
          isLabelHidden
          placeholder="Models, with commas"
          value={view.models}
          onChange={(models) => set({ models })}
        />
      </div>
      {view.text === '' ? (
        <StatePanel title="Search all steps">
          <p>Type a word, an identifier, or a part of one. Small and large letters are the same.</p>
        </StatePanel>
      ) : (
        <Hits view={view} onWiden={() => set({ types: [], statuses: [], models: [] })} />
      )}
    </div>
  );
}

function Hits({ view, onWiden }: { view: SearchView; onWiden: () => void }) {
  const project = useProject();
  const { api } = useApi();
  const { text, types, statuses, models } = view;
  const isFiltered = types.length + statuses.length + models.length > 0;
  const query = useInfiniteQuery({
    queryKey: ['search', project.id, view],
    queryFn: async ({ pageParam, signal }) => {
      const filter = {
        ...(types.length > 0 && { types }),
        ...(statuses.length > 0 && { statuses }),
        ...(models.length > 0 && { models }),
      };
      const variables = { projectId: project.id, text, filter, first: PAGE_ROWS, after: pageParam };
      return (await api.request(SearchStepsDocument, variables, signal)).searchSteps;
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
  });
  const hits = query.data?.pages.flatMap(({ nodes }) => nodes) ?? [];
  if (query.isPending) return <Loading what="Searching" />;
  if (query.isError && hits.length === 0) {
    return <FaultPanel fault={query.error} onRetry={() => void query.refetch()} />;
  }
  if (hits.length === 0) {
    return (
      <StatePanel
        title="No step matches"
        action={isFiltered && <Button onPress={onWiden}>Search without filters</Button>}
      >
        <p>{isFiltered ? 'Other types, statuses or models may have it.' : 'Try a part of the word.'}</p>
      </StatePanel>
    );
  }
  return (
    <>
      <p className={styles.muted} role="status">
        {hits.length === 1 ? '1 step' : `${query.hasNextPage ? 'The first ' : ''}${hits.length} steps`},
        newest task first
      </p>
      <ul className={styles.hits}>
        {hits.map((hit) => (
          <Hit key={hit.step.id} hit={hit} search={text} base={`/p/${project.slug}/tasks`} />
        ))}
      </ul>
      {query.hasNextPage && (
        <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {query.isFetchNextPageError ? 'Could not read more; try again' : 'Show more steps'}
        </Button>
      )}
    </>
  );
}

interface HitProps {
  hit: SearchStepsQuery['searchSteps']['nodes'][number];
  search: string;
  base: string;
}

function Hit({ hit: { step, task, snippet }, search, base }: HitProps) {
  const place = writeStepView({ look: 'log', filter: {}, mark: search }, step.seq);
  return (
    <li className={styles.hit}>
      <p className={styles.head}>
        <StepTypeLabel type={step.type} />
        <Link to={`${base}/${task.id}?${place.toString()}`} className={styles.name}>
          <bdi>
            <Marked text={showName(step.name)} mark={search} />
          </bdi>
        </Link>
        {step.status === 'FAILED' && <StepStatusBadge status={step.status} />}
        <span className={styles.muted}>
          {step.model !== null && `${showName(step.model, 80)} · `}
          {step.latencyMs !== null && formatDuration(step.latencyMs)}
        </span>
      </p>
      <p className={styles.snippet}>
        <Marked text={showControls(snippet)} mark={search} />
      </p>
      <p className={styles.muted}>
        Step {step.seq} of <bdi>{showName(task.name)}</bdi> · <Age at={task.queuedAt} />
      </p>
    </li>
  );
}
