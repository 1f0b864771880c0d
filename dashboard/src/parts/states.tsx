import { ApiProblem } from '@benchwire/shared/client/http-client.ts';
import { Alert, Button, Code, List, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

/** Nothing there, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="bw-empty">
      <Text fw={600}>{title}</Text>
      {children !== undefined && (
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
      )}
    </div>
  );
}

/** What went wrong, where, and a way to try again. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }): ReactNode {
  const problem = error instanceof ApiProblem ? error : undefined;
  return (
    <Alert color="orange" icon={<IconAlertTriangle size={18} />} title={titleOf(problem)} variant="light">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error.message}</Text>
        {problem !== undefined && problem.issues.length > 0 && (
          <List size="sm">
            {problem.issues.map((issue) => (
              <List.Item key={`${issue.path} ${issue.message}`}>
                <Code>{issue.path}</Code> {issue.message}
              </List.Item>
            ))}
          </List>
        )}
        {problem !== undefined && problem.request_id !== '' && (
          <Text size="xs" c="dimmed">
            request {problem.request_id}
          </Text>
        )}
        {retry !== undefined && (
          <Button size="compact-sm" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function titleOf(problem: ApiProblem | undefined): string {
  if (problem === undefined) return 'This section failed to load';
  if (problem.status === 0) return 'No connection';
  if (problem.status === 403) return 'Not allowed';
  if (problem.status === 404) return 'Not found';
  return problem.status >= 500 ? 'Server error' : 'Refused';
}

/** Shows a question's answer, or that it is on its way, or why there is none. */
export function Answer<T>({
  of,
  height = 120,
  children,
}: {
  of: Pick<UseQueryResult<T, Error>, 'data' | 'error' | 'refetch'>;
  /** Of the grey place while it loads. */
  height?: number;
  children: (data: T) => ReactNode;
}): ReactNode {
  if (of.data !== undefined) return children(of.data);
  if (of.error !== null) return <Failure error={of.error} retry={() => void of.refetch()} />;
  return <Skeleton height={height} role="status" aria-label="loading" />;
}
