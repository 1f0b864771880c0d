import { Button, Skeleton, Tabs } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useLocation } from 'wouter';
import { stringify } from 'yaml';
import QUICKSTART from '../../../../examples/quickstart.yaml?raw';
import { useMay } from '../../api/session.ts';
import { PageHead, Panel } from '../../parts/panel.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useUrlState } from '../../parts/url-state.ts';
import { sendWritten, useDryRun } from './dry-run.ts';
import { DryRunAnswer } from './dry-run-answer.tsx';
import { FormFields } from './form-fields.tsx';
import { ModelsFields } from './models-fields.tsx';
import { benchmarkOf, EMPTY_MODELS_FORM } from './models-form.ts';
import { EMPTY_FORM, type RequestForm, requestOf } from './request-form.ts';

const YamlEditor = lazy(() => import('./yaml-editor.tsx'));
const DEFAULTS = { by: 'form' };

/** Starts a run, from a form, from models of the catalogue, or from YAML; the server checks each while it is written. */
export default function NewRunPage(): ReactNode {
  const [{ by }, change] = useUrlState(DEFAULTS);
  const [form, setForm] = useState<RequestForm>(EMPTY_FORM);
  const [models, setModels] = useState(EMPTY_MODELS_FORM);
  const [text, setText] = useState('');
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const may_submit = useMay('submitter');

  const kind = by === 'models' ? 'models' : 'request';
  const of_form = form.model.trim() === '' ? '' : stringify(requestOf(form));
  // JSON of nothing is undefined.
  const wanted = { yaml: text, models: JSON.stringify(benchmarkOf(models)) ?? '' }[by] ?? of_form;
  const [settled] = useDebouncedValue(wanted, 350);
  const dry_run = useDryRun(kind, settled);
  const checked = settled === wanted && dry_run.data?.issues.length === 0;

  const start = (): void => {
    setBusy(true);
    setError(undefined);
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const then = by === 'models' && models.report ? '?report=when_finished' : '';
    sendWritten(kind, wanted, false, { headers })
      .then((answer) => 'run_id' in answer && navigate(`/runs/${answer.run_id}${then}`))
      .catch(setError)
      .finally(() => setBusy(false));
  };
  const show = (tab: string | null): void => {
    if (tab === 'yaml' && form.model.trim() !== '') setText(stringify(requestOf(form)));
    change({ by: tab ?? 'form' });
  };

  if (!may_submit)
    return <Empty title="Your role cannot start runs">Sign in with an API key of role submitter or higher.</Empty>;
  return (
    <>
      <PageHead title="Start a run" />
      <div className="bw-grid">
        <Panel title="Request" className="bw-8">
          <Tabs value={by} onChange={show} keepMounted={false}>
            <Tabs.List mb={12}>
              <Tabs.Tab value="form">Form</Tabs.Tab>
              <Tabs.Tab value="models">Several models</Tabs.Tab>
              <Tabs.Tab value="yaml">YAML</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="form">
              <FormFields form={form} onChange={(fields) => setForm({ ...form, ...fields })} />
            </Tabs.Panel>
            <Tabs.Panel value="models">
              <ModelsFields form={models} onChange={(fields) => setModels({ ...models, ...fields })} />
            </Tabs.Panel>
            <Tabs.Panel value="yaml">
              <Suspense fallback={<Skeleton height={460} />}>
                <YamlEditor value={text} onChange={setText} issues={dry_run.data?.issues ?? []} />
              </Suspense>
              <Button variant="subtle" size="compact-sm" mt={6} onClick={() => setText(QUICKSTART)}>
                Insert example
              </Button>
            </Tabs.Panel>
          </Tabs>
        </Panel>
        <Panel title="Validation" className="bw-4">
          <DryRunAnswer of={dry_run} asked={wanted !== ''} settled={settled === wanted} />
          {error !== undefined && <Failure error={error} />}
          <Button mt={12} fullWidth disabled={!checked} loading={busy} onClick={start}>
            Start
          </Button>
        </Panel>
      </div>
    </>
  );
}
