# Runs one program and ends with everything that it has started: whatever forks away from it, in a session of its own or
# not, becomes a child of this process instead of init's (PR_SET_CHILD_SUBREAPER), and is killed before this one exits.
# Node has no prctl(2); Debian, Ubuntu and the images have perl (perl-base is essential there).
#
#   perl keep-together.pl PRCTL PARENT GRACE_MS GUARD PROGRAM [ARGUMENT...]
#
# PRCTL is the number of the system call on this machine, PARENT the process whose end ends everything. GUARD says what
# Landlock is to keep the program from: `signals` to processes outside, `any` for whatever this kernel can without mounts, `off`. On descriptor 4 it reports, one line each:
#   guarded signals|processes|nothing  the program can send no signals out; can look into no process outside; neither
#   started PID                        the program runs
#   end code|signal NUMBER LEFT        it has ended; LEFT is how many processes it had left behind; none is there any more
#   stuck COUNT                        so many processes do not end although they were killed
#   failed WHY                         nothing was started
# SIGUSR1, and the end of the process that started it, kill everything at once.
use strict;
use warnings;

use constant { SET_PDEATHSIG => 1, SET_CHILD_SUBREAPER => 36, SET_NO_NEW_PRIVS => 38, USR1 => 10, NOHANG => 1, EINTR => 4 };
# The same on all processors.
use constant { LANDLOCK_CREATE => 444, LANDLOCK_RESTRICT => 446, ABI_OF_SCOPES => 6, MAKE_BLOCK => 1 << 11, SCOPE_SIGNAL => 2 };

my ($prctl, $parent, $grace_ms, $guard, @command) = @ARGV;
open(my $report, '>&=', 4) or exit 125;
sub report { syswrite($report, "@_\n") }

my $kill = 0;
my $is_waiting = 0;
# perl goes on with waitpid(2) after a signal, so leaving it takes a die.
$SIG{USR1} = sub { $kill = 1; die "kill\n" if $is_waiting };
# The signals of the program's group are for the program.
$SIG{$_} = 'IGNORE' for qw(TERM INT HUP QUIT PIPE);
if (syscall($prctl + 0, SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) { report("failed PR_SET_CHILD_SUBREAPER: $!"); exit 125 }
if (syscall($prctl + 0, SET_PDEATHSIG, USR1, 0, 0, 0) != 0) { report("failed PR_SET_PDEATHSIG: $!"); exit 125 }

exit 125 if getppid != $parent;

my $program = fork;
if (!defined $program) { report("failed fork: $!"); exit 125 }
if ($program == 0) {
  $SIG{$_} = 'DEFAULT' for qw(USR1 TERM INT HUP QUIT PIPE FPE);
  report('guarded ' . guarded());
  close $report;
  exec { $command[0] } @command;
  exit 127;
}
report("started $program");

my $status = 0;
until ($kill) {
  my $pid = 0;
  eval { $is_waiting = 1; $pid = waitpid(-1, 0); $is_waiting = 0 };
  $is_waiting = 0;
  if ($pid == $program) { $status = $?; last }
  last if $pid == -1 && $! != EINTR;
}

my $left = 0;
if (!$kill && !alone()) {
  my @rest = descendants();
  $left = @rest;
  kill 'TERM', @rest;
  for (my $waited = 0; $waited < $grace_ms && !$kill && !alone(); $waited += 20) { select(undef, undef, undef, 0.02) }
}
for (my $tries = 0; !alone(); $tries++) {
  if ($tries == 1000) { report('stuck ' . scalar(descendants())); exit 124 }
  # Stopped first, so that nothing forks away while the others are killed.
  my (%stopped, @new);
  for (1 .. 50) {
    @new = grep { !$stopped{$_} } descendants();
    last if !@new;
    kill 'STOP', @new;
    @stopped{@new} = (1) x @new;
  }
  kill 'KILL', keys %stopped, @new;
  select(undef, undef, undef, 0.01) if !alone();
}
my $signal = $status & 127;
report($kill ? 'end signal 9 0' : $signal ? "end signal $signal $left" : 'end code ' . ($status >> 8) . " $left");
exit 0;

# Puts this process into a Landlock domain (landlock(7)), for which it needs no privilege: no process of it looks into one outside
# (ptrace(2), /proc/PID/environ), and where the kernel knows scopes none sends a signal there. A domain must restrict something:
# before there were scopes that is making block devices, which also forbids mounts.
sub guarded {
  return 'nothing' if $guard eq 'off';
  my $abi = syscall(LANDLOCK_CREATE, 0, 0, 1);
  my $has_scopes = $abi >= ABI_OF_SCOPES;
  return 'nothing' if $abi < 1 || (!$has_scopes && $guard ne 'any');
  my $attributes = $has_scopes ? pack('Q3', 0, 0, SCOPE_SIGNAL) : pack('Q', MAKE_BLOCK);
  my $rules = syscall(LANDLOCK_CREATE, $attributes, length $attributes, 0);
  return 'nothing' if $rules < 0 || syscall($prctl + 0, SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0;
  return 'nothing' if syscall(LANDLOCK_RESTRICT, $rules, 0) != 0;
  return $has_scopes ? 'signals' : 'processes';
}

# Collects what has ended. True when there is no child any more, and so no descendant either.
sub alone {
  while (1) {
    my $pid = waitpid(-1, NOHANG);
    return 1 if $pid == -1 && $! != EINTR;
    return 0 if $pid == 0;
    $status = $? if $pid == $program;
  }
}

# All processes below this one that run, nearest first.
sub descendants {
  my %children;
  opendir(my $folder, '/proc') or return ();
  for my $pid (grep { /^\d+$/ } readdir $folder) {
    open(my $file, '<', "/proc/$pid/stat") or next;
    my $line = do { local $/; <$file> };
    close $file;
    # The name stands in parentheses and may itself hold any character.
    next if !defined $line || $line !~ /.*\)\s+(\S)\s+(\d+)/s || $1 eq 'X';
    push @{ $children{$2} }, [$pid, $1];
  }
  my (@found, @queue);
  @queue = ($$);
  while (defined(my $parent_pid = shift @queue)) {
    for my $child (@{ $children{$parent_pid} || [] }) {
      push @queue, $child->[0];
      push @found, $child->[0] if $child->[1] ne 'Z';
    }
  }
  return @found;
}
