import type { CiProvider } from '../ci-build.ts';
import { gitHubPipeline } from './github.ts';
import { block, HEAD, INSTALL, measure, type PipelineFile, type PipelineOptions, quoted } from './pipeline.ts';

/** The files that a provider reads, by provider. Secrets are variables of the provider, never in a file. */
export const PIPELINES: Readonly<Record<CiProvider, (options: PipelineOptions) => PipelineFile[]>> = {
  github: gitHubPipeline,
  gitlab,
  jenkins,
  azure,
  circleci,
  travis,
  bitbucket,
  teamcity,
};

function gitlab(options: PipelineOptions): PipelineFile[] {
  const content = `# ${HEAD}
# Variables of the project (masked): NATS_URL, NATS_USER, NATS_PASSWORD, and GITLAB_TOKEN with the scope api.
benchwire:
  image: node:24
  variables:
    GIT_DEPTH: "0" # the commit that the change began at is in the history
    BENCHWIRE_SOURCE: ${quoted(options.source)}
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  before_script:
    - |
${block(INSTALL, 6)}
  script:
    - |
${block(measure(options), 6)}
  artifacts:
    when: always
    reports:
      junit: benchwire.xml
`;
  return [{ path: '.gitlab-ci.yml', content }];
}

function jenkins(options: PipelineOptions): PipelineFile[] {
  const content = `// ${HEAD}
// A multibranch pipeline without "Shallow clone". Credentials of kind "Secret text": benchwire-nats-url, benchwire-nats-user,
// benchwire-nats-password, benchwire-token (GITHUB_TOKEN or GITLAB_TOKEN). The agent needs Node 24 and git.
pipeline {
  agent any
  environment {
    BENCHWIRE_SOURCE = ${quoted(options.source)}
    NATS_URL = credentials('benchwire-nats-url')
    NATS_USER = credentials('benchwire-nats-user')
    NATS_PASSWORD = credentials('benchwire-nats-password')
    GITHUB_TOKEN = credentials('benchwire-token')
  }
  stages {
    stage('Benchwire') {
      steps {
        sh '''
${block([...INSTALL, ...measure(options)], 10)}
        '''
      }
    }
  }
  post {
    always {
      junit allowEmptyResults: true, testResults: 'benchwire.xml'
    }
  }
}
`;
  return [{ path: 'Jenkinsfile', content }];
}

function azure(options: PipelineOptions): PipelineFile[] {
  const content = `# ${HEAD}
# Variables of the pipeline (secret): NATS_URL, NATS_USER, NATS_PASSWORD, and GITHUB_TOKEN where the repository is on GitHub.
# Pull requests of Azure Repos need a build validation policy on the branch, and the build service the permission to contribute to them.
trigger: [main]
pr: [main]
pool: { vmImage: ubuntu-latest }
variables:
  BENCHWIRE_SOURCE: ${quoted(options.source)}
steps:
  - checkout: self
    fetchDepth: "0" # the commit that the change began at is in the history
  - task: NodeTool@0
    inputs: { versionSpec: 24.x }
  - script: |
${block(INSTALL, 6)}
    displayName: Install bw
  - script: |
${block([...measure(options).slice(0, -1), `${measure(options).at(-1)} --markdown benchwire.md`], 6)}
    displayName: Measure
    env:
      NATS_URL: $(NATS_URL)
      NATS_USER: $(NATS_USER)
      NATS_PASSWORD: $(NATS_PASSWORD)
      GITHUB_TOKEN: $(GITHUB_TOKEN)
      SYSTEM_ACCESSTOKEN: $(System.AccessToken)
  - task: PublishTestResults@2
    condition: always()
    inputs: { testResultsFormat: JUnit, testResultsFiles: benchwire.xml }
`;
  return [{ path: 'azure-pipelines.yml', content }];
}

function circleci(options: PipelineOptions): PipelineFile[] {
  const content = `# ${HEAD}
# Variables of the project or of a context: NATS_URL, NATS_USER, NATS_PASSWORD, GITHUB_TOKEN.
version: 2.1
jobs:
  benchwire:
    docker:
      - image: cimg/node:24.11
    environment:
      BENCHWIRE_SOURCE: ${quoted(options.source)}
    steps:
      - checkout
      - run:
          name: Install bw
          command: |
${block(INSTALL, 12)}
      - run:
          name: Measure
          no_output_timeout: 60m
          command: |
${block(measure(options), 12)}
      - store_test_results:
          path: benchwire.xml
workflows:
  benchwire:
    jobs: [benchwire]
`;
  return [{ path: '.circleci/config.yml', content }];
}

function travis(options: PipelineOptions): PipelineFile[] {
  const content = `# ${HEAD}
# Variables of the repository: NATS_URL, NATS_USER, NATS_PASSWORD, GITHUB_TOKEN.
language: node_js
node_js: 24
git:
  depth: false # the commit that the change began at is in the history
env:
  global:
    - BENCHWIRE_SOURCE=${options.source}
install:
  - |
${block(INSTALL, 4)}
script:
  - |
${block(measure(options), 4)}
`;
  return [{ path: '.travis.yml', content }];
}

function bitbucket(options: PipelineOptions): PipelineFile[] {
  const content = `# ${HEAD}
# Variables of the repository (secured): NATS_URL, NATS_USER, NATS_PASSWORD, and BITBUCKET_TOKEN, an access token that may write.
image: node:24
clone:
  depth: full # the commit that the change began at is in the history
definitions:
  steps:
    - step: &benchwire
        name: Benchwire
        script:
          - export BENCHWIRE_SOURCE=${quoted(options.source)}
          - |
${block(INSTALL, 12)}
          - |
${block(measure(options), 12)}
        artifacts:
          - benchwire.xml
pipelines:
  pull-requests:
    "**":
      - step: *benchwire
  branches:
    main:
      - step: *benchwire
`;
  return [{ path: 'bitbucket-pipelines.yml', content }];
}

function teamcity(options: PipelineOptions): PipelineFile[] {
  const content = `// ${HEAD}
// Parameters of the project: env.NATS_URL, env.NATS_USER, env.NATS_PASSWORD, env.GITHUB_TOKEN (type password).
// For pull requests add the build feature "Pull Requests"; bw prints the service messages of tests and statistics by itself.
import jetbrains.buildServer.configs.kotlin.*
import jetbrains.buildServer.configs.kotlin.buildSteps.script
import jetbrains.buildServer.configs.kotlin.triggers.vcs

version = "2024.03"

project {
    buildType(Benchwire)
}

object Benchwire : BuildType({
    name = "Benchwire"
    params {
        param("env.BENCHWIRE_SOURCE", ${quoted(options.source)})
    }
    vcs {
        root(DslContext.settingsRoot)
    }
    steps {
        script {
            name = "Measure"
            scriptContent = """
${block([...INSTALL, ...measure(options)], 16).replaceAll('$', `\${"$"}`)}
            """.trimIndent()
        }
    }
    triggers {
        vcs { }
    }
})
`;
  return [{ path: '.teamcity/settings.kts', content }];
}
