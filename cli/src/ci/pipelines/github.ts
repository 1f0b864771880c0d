import { block, CHECKOUT, HEAD, INSTALL, type PipelineFile, type PipelineOptions } from './pipeline.ts';

/** Two workflows: one that measures, and one that posts what the job of a fork has left. */
export function gitHubPipeline({ request, source }: PipelineOptions): PipelineFile[] {
  const env = `env:\n  BENCHWIRE_SOURCE: ${JSON.stringify(source)}`;
  const node = `      - uses: actions/setup-node@v4
        with: { node-version: 24 }`;
  const checkout = `      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # the commit that the change began at is in the history
          ref: \${{ github.event.pull_request.head.sha || github.sha }}
          persist-credentials: false`;
  const fork = 'github.event.pull_request.head.repo.full_name != github.repository';
  const workflow = `# ${HEAD}
name: Benchwire
on:
  push: { branches: [main] }
  pull_request:
  merge_group:
${env}
jobs:
  measure:
    if: github.event_name != 'pull_request' || !(${fork})
    runs-on: ubuntu-latest
    permissions: { contents: read, checks: write, pull-requests: write }
    steps:
${checkout}
${node}
      - name: Install bw
        run: |
${block(INSTALL, 10)}
      - name: Measure
        run: |
          bw ci --request '${request}' --junit benchwire.xml
        env:
          NATS_URL: \${{ secrets.BENCHWIRE_NATS_URL }}
          NATS_USER: \${{ secrets.BENCHWIRE_NATS_USER }}
          NATS_PASSWORD: \${{ secrets.BENCHWIRE_NATS_PASSWORD }}
          GITHUB_TOKEN: \${{ github.token }}

  # The job of a fork has no secrets: it measures on a stack of its own, and leaves what it found to benchwire-claim.yml.
  fork:
    if: github.event_name == 'pull_request' && ${fork}
    runs-on: ubuntu-latest
    permissions: { contents: read }
    steps:
${checkout}
${node}
      - name: Start a stack
        run: |
          git clone --quiet --depth 1 "$BENCHWIRE_SOURCE" ${CHECKOUT}
          npm --prefix ${CHECKOUT} ci --no-audit --no-fund
          npm install --global --no-audit --no-fund ${CHECKOUT}/cli
          export BENCHWIRE_DATA_DIR=/tmp/benchwire-data
          echo "BENCHWIRE_DATA_DIR=$BENCHWIRE_DATA_DIR" >> "$GITHUB_ENV"
          nohup npm --prefix ${CHECKOUT} start > /tmp/benchwire.log 2>&1 &
          timeout 300 sh -c 'until bw workers >/dev/null 2>&1; do sleep 1; done'
        env:
          WORKER_COMMANDS: node,python3,git # programs that the request may run
      - name: Measure
        run: |
          bw ci --request '${request}' --artifact benchwire-ci.json --no-post
      - if: always()
        uses: actions/upload-artifact@v4
        with: { name: benchwire-ci, path: benchwire-ci.json, if-no-files-found: ignore }
`;
  const claim = `# ${HEAD}
# Runs where the secrets are, checks nothing of the fork out, and runs nothing of it.
name: Benchwire of forks
on:
  workflow_run: { workflows: [Benchwire], types: [completed] }
${env}
jobs:
  claim:
    if: github.event.workflow_run.event == 'pull_request' && github.event.workflow_run.head_repository.full_name != github.repository
    runs-on: ubuntu-latest
    permissions: { actions: read, checks: write, pull-requests: write }
    steps:
${node}
      - name: Install bw
        run: |
${block(INSTALL, 10)}
      - uses: actions/download-artifact@v4
        with: { name: benchwire-ci, run-id: "\${{ github.event.workflow_run.id }}", github-token: "\${{ github.token }}" }
      - name: Post
        run: |
          bw ci claim benchwire-ci.json
        env:
          GITHUB_TOKEN: \${{ github.token }}
`;
  return [
    { path: '.github/workflows/benchwire.yml', content: workflow },
    { path: '.github/workflows/benchwire-claim.yml', content: claim },
  ];
}
