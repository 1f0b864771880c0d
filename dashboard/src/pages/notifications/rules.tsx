import { call } from '@benchwire/shared/client/http-client.ts';
import { Button, Group, Textarea } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { useChange, useGet } from '../../api/use-api.ts';
import { notifyFailure } from '../../parts/notify.ts';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Failure } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';

const EXAMPLE = `receivers:
  - name: team
    connector: slack
    token: { env: SLACK_TOKEN }
    channel: "#performance"
route:
  receiver: team
`;

/** The rules as they were written; admins change them, operators try the receivers. */
export function Rules(): ReactNode {
  const may_operate = useMay('operator');
  const may_change = useMay('admin');
  const rules = useGet(call('GET /api/notifications/rules'));
  const test = useChange(
    (receiver: string) => call('POST /api/notifications/receivers/:receiver/test', { params: { receiver } }),
    ['/api/notifications/messages'],
  );
  return (
    <Panel title="Rules" className="bw-7">
      <Answer of={rules} height={240}>
        {({ rules: applied }) => (
          <div className="bw-stack">
            <p className="bw-note">
              {applied === null ? (
                'No rules: nothing is sent.'
              ) : (
                <>
                  Applied by {applied.by} <Ago at={applied.at} />.{' '}
                  {applied.has_route ? '' : 'There is no route, so nothing is sent.'}
                </>
              )}
            </p>
            {may_operate && applied !== null && applied.receivers.length > 0 && (
              <Group gap="xs">
                {applied.receivers.map(({ name, connector }) => (
                  <Button
                    key={name}
                    size="compact-sm"
                    variant="default"
                    loading={test.isPending && test.variables === name}
                    onClick={() => test.mutate(name, { onError: notifyFailure })}
                  >
                    Test {name} ({connector})
                  </Button>
                ))}
              </Group>
            )}
            <RulesForm key={applied?.at ?? ''} text={applied?.text ?? ''} may_change={may_change} />
          </div>
        )}
      </Answer>
    </Panel>
  );
}

function RulesForm({ text: before, may_change }: { text: string; may_change: boolean }): ReactNode {
  const [text, setText] = useState(before);
  const apply = useChange(
    (written: string) => call('PUT /api/notifications/rules', { body: { text: written } }),
    ['/api/notifications/rules'],
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    apply.mutate(text);
  };
  return (
    <form onSubmit={submit} className="bw-stack">
      <Textarea
        label="YAML"
        description="receivers, routes, quiet hours, severities: docs/notifications.md"
        value={text}
        readOnly={!may_change}
        autosize
        minRows={8}
        maxRows={24}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {apply.error !== null && <Failure error={apply.error} />}
      {may_change && (
        <Group gap="xs">
          <Button type="submit" loading={apply.isPending} disabled={text === before || text.trim() === ''}>
            Apply rules
          </Button>
          {text.trim() === '' && (
            <Button variant="default" onClick={() => setText(EXAMPLE)}>
              Insert example
            </Button>
          )}
        </Group>
      )}
    </form>
  );
}
