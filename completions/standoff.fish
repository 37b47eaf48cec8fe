# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_standoff_global_optspecs
    string join \n model= sides= device= threads= batch-tokens= min-confidence= precision= q/quiet color= log-level= h/help V/version
end

function __fish_standoff_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_standoff_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_standoff_using_subcommand
    set -l cmd (__fish_standoff_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c standoff -n "__fish_standoff_needs_command" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_needs_command" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_needs_command" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_needs_command" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_needs_command" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_needs_command" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_needs_command" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_needs_command" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_needs_command" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_needs_command" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_needs_command" -s h -l help -d 'Print help'
complete -c standoff -n "__fish_standoff_needs_command" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "analyze" -d 'Read articles, classify every statement, line up the opposing claims, write reports'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "classify" -d 'Label statements: JSONL or plain lines in, one JSON line out per record'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "relate" -d 'Judge how pairs of statements meet: JSONL in, one JSON line out per pair'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "eval" -d 'Score predictions against labelled statements, attributions or pairs'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "train" -d 'Fine-tune on your own labels, on this machine'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "report" -d 'Write the reports of a finished run again, without a model'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "info" -d 'Show versions, device, model, hashes and sides file'
complete -c standoff -n "__fish_standoff_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l out -d 'Folder for the reports' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l format -d 'What to write: html, md, json, jsonl, csv, parquet (comma-separated) [default: all but parquet]' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l against -d 'Also contrast with the statements of an earlier run' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l jobs -d 'Documents prepared at the same time [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l window -d 'Most days between two statements that may meet' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l resume -d 'Go on after a stop, or add what is new to a finished run'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l force -d 'Begin anew in a folder that holds results'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l no-contrast -d 'Only read and classify: no pairs, no issues'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l keep-boilerplate -d 'Keep bylines, captions, cookie notices and the like'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -l any-language -d 'Do not abstain on text that is not English'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -s h -l help -d 'Print help'
complete -c standoff -n "__fish_standoff_using_subcommand analyze" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l explain -d 'Add the words that weighed most for each label (slower; computed in fp32)'
complete -c standoff -n "__fish_standoff_using_subcommand classify" -l any-language -d 'Do not abstain on text that is not English'
complete -c standoff -n "__fish_standoff_using_subcommand classify" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_using_subcommand classify" -s h -l help -d 'Print help'
complete -c standoff -n "__fish_standoff_using_subcommand classify" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_using_subcommand relate" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_using_subcommand relate" -s h -l help -d 'Print help'
complete -c standoff -n "__fish_standoff_using_subcommand relate" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l predictions -d 'Score the predictions in FILE (JSONL or CSV) instead of computing them' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l label-map -d 'TOML file that translates another tool\'s field names and labels' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l compare -d 'Compare with another model (name or folder) or predictions file' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l agreement -d 'Agreement between two annotators\' files' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l analysis -d 'Score the contrasts of a finished run (a folder of `analyze`) against GOLD of true contrasts' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l fail-under -d 'Exit with 1 if a figure is below a value, as in side.macro_f1=0.8 (may be repeated)' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l fail-over -d 'Exit with 1 if a figure is above a value, as in side.ece=0.06 (may be repeated)' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l out -d 'Write eval.json, eval.md, eval.html, errors.jsonl and errors.html to a folder' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l bootstrap -d 'Bootstrap samples for the 95 % intervals; 0 for none' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l seed -d 'Seed of the bootstrap' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l by -d 'Break the figures down by a field: outlet, kind, year, month, length, file, … (may be repeated)' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l missing -d 'What becomes of gold records without a prediction: named and left out, or counted as wrong' -r -f -a "skip\t'Named and left out'
wrong\t'Counted as wrong'"
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l to -d 'Write GOLD to stdout in another format instead of scoring' -r -f -a "jsonl\t'Standoff\'s own fields, one JSON object a line'
csv\t'Standoff\'s own fields as CSV'
doccano\t'doccano JSONL'
label-studio\t'Label Studio JSON'
prodigy\t'Prodigy JSONL'"
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l explain -d 'Add to every wrong statement the words that decided (slower; computed in fp32)'
complete -c standoff -n "__fish_standoff_using_subcommand eval" -l force -d 'Overwrite an evaluation in the --out folder'
complete -c standoff -n "__fish_standoff_using_subcommand eval" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_using_subcommand eval" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c standoff -n "__fish_standoff_using_subcommand eval" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_using_subcommand train" -l task -d 'What to train' -r -f -a "statements\t'Side and stance of statements'
relation\t'How two statements meet'
screen\t'The same, for a quicker model that reads every candidate pair first in `analyze`; the relation model reads what it lets pass'"
complete -c standoff -n "__fish_standoff_using_subcommand train" -l train -d 'Labelled records (JSONL or CSV), as FILE, FILE@WEIGHT or FILE@WEIGHT@PER_EPOCH; repeatable' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l tags -d 'Annotated attributions (JSONL: context, source, cue, content) for the tagger, as FILE or FILE@1@PER_EPOCH' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l dev -d 'Records to report scores on after every epoch; never trained on' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand train" -l out -d 'Model folder to write (its other parts are kept)' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand train" -l init -d 'Start from the weights of this model instead of the base encoder; of several, from the mean of their weights' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l encoder -d 'Encoder to train on, a folder under models/base [default: the one that --init was trained on, or all-MiniLM-L6-v2]' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l adapter-rank -d 'Leave the encoder\'s matrices as they are and train adapters of this rank beside them (LoRA); those of --init are cut to it if theirs is higher; 0 trains the encoder as a whole [default: the rank of the adapters that --init has, or 0]' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l hold-out -d 'Share of the first training file (by `doc`) held out to choose the epoch and fit the temperature' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l epochs -d 'Passes over the training data; 0 only calibrates and writes what --init gave' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l batch -d 'Examples a step' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l learning-rate -d 'Peak learning rate of the encoder [default: 7e-5, with adapters 4e-4]' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l freeze-layers -d 'Lower encoder layers left as they are' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l patience -d 'Stop after this many epochs without gain; 0 never' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l class-weights -d 'Weighting of rare labels: 0 none, 0.5 square root, 1 balanced' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l max-tokens -d 'Longest text or pair in tokens' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l seed -d 'Seed of every random choice' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l learning-curve -d 'Train once on each of these shares of the data (as in 0.25,0.5,1) and write OUT/learning-curve.json, no weights' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l checkpoint-minutes -d 'Minutes between checkpoints (kept in OUT/checkpoint until the end)' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand train" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_using_subcommand train" -l no-marks -d 'Do not mark actors and attribution in the encoder\'s input'
complete -c standoff -n "__fish_standoff_using_subcommand train" -l ordered -d 'Take pairs only in the order given, premise first, as an intermediate task on inference corpora needs'
complete -c standoff -n "__fish_standoff_using_subcommand train" -l compact -d 'Write the encoder\'s matrices in 8 bits: half the size, slightly less exact'
complete -c standoff -n "__fish_standoff_using_subcommand train" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_using_subcommand train" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c standoff -n "__fish_standoff_using_subcommand train" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_using_subcommand report" -l out -d 'Folder to write to [default: RUN_DIR]' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand report" -l format -d 'What to write: html, md, json, jsonl, csv, parquet (comma-separated) [default: all but parquet]' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand report" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_using_subcommand report" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_using_subcommand report" -s h -l help -d 'Print help'
complete -c standoff -n "__fish_standoff_using_subcommand report" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_using_subcommand info" -l model -d 'Model by name (under models/) or folder' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l sides -d 'Sides file: the two blocs and their actors' -r -F
complete -c standoff -n "__fish_standoff_using_subcommand info" -l device -d 'Where to compute: cpu, or cuda if libtorch has it' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l threads -d 'CPU threads [default: all cores]' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l batch-tokens -d 'Tokens a batch at most [default: 1024]' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l min-confidence -d 'Abstain below this confidence, 0 to 1; `analyze` (0.5 there) also keeps statements whose side is less sure out of pairs' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l precision -d 'Arithmetic of the linear layers: fp32 or int8 [default: int8 where the CPU has it]' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l color -d 'Colour in the terminal: auto, always or never' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l log-level -d 'What to log on stderr: off, error, warn, info, debug or trace [default: warn]' -r
complete -c standoff -n "__fish_standoff_using_subcommand info" -l json -d 'As JSON'
complete -c standoff -n "__fish_standoff_using_subcommand info" -s q -l quiet -d 'No progress and no summary; errors are still shown'
complete -c standoff -n "__fish_standoff_using_subcommand info" -s h -l help -d 'Print help'
complete -c standoff -n "__fish_standoff_using_subcommand info" -s V -l version -d 'Print version'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "analyze" -d 'Read articles, classify every statement, line up the opposing claims, write reports'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "classify" -d 'Label statements: JSONL or plain lines in, one JSON line out per record'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "relate" -d 'Judge how pairs of statements meet: JSONL in, one JSON line out per pair'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "eval" -d 'Score predictions against labelled statements, attributions or pairs'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "train" -d 'Fine-tune on your own labels, on this machine'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "report" -d 'Write the reports of a finished run again, without a model'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "info" -d 'Show versions, device, model, hashes and sides file'
complete -c standoff -n "__fish_standoff_using_subcommand help; and not __fish_seen_subcommand_from analyze classify relate eval train report info help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
