"""What each shell has to know to ask us. None of them evaluates anything that we answer."""

from __future__ import annotations

BASH = """\
# Completion of workbench in bash. Put into ~/.bashrc:  source <(workbench completion bash)
_workbench() {
    local line first=yes
    COMPREPLY=()
    while IFS= read -r line; do
        if [ -n "$first" ]; then
            first=
            case "$line" in
                files) compopt -o default 2>/dev/null ;;
                folders) compopt -o dirnames 2>/dev/null ;;
            esac
        else
            COMPREPLY+=("$line")
        fi
    done < <(command workbench __complete bash \\
        "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
    compopt -o nosort 2>/dev/null
}
complete -F _workbench workbench
"""

ZSH = """\
#compdef workbench
# Completion of workbench in zsh. Put into ~/.zshrc, after compinit:
#   source <(workbench completion zsh)
_workbench() {
    local -a answer offered described
    local line word
    answer=("${(@f)$(command workbench __complete zsh "${(@Q)words[1,CURRENT]}" \\
        2>/dev/null </dev/null)}")
    for line in "${(@)answer[2,-1]}"; do
        word="${line%%$'\\t'*}"
        offered+=("$word")
        if [[ "$line" == *$'\\t'* ]]; then
            described+=("$word  ${line#*$'\\t'}")
        else
            described+=("$word")
        fi
    done
    (( ${#offered} )) && compadd -l -V workbench -d described -a offered
    case "${answer[1]}" in
        files) _files ;;
        folders) _files -/ ;;
    esac
}
if [[ "${funcstack[1]}" == "_workbench" ]]; then
    _workbench "$@"
else
    compdef _workbench workbench
fi
"""

FISH = """\
# Completion of workbench in fish. Write it into ~/.config/fish/completions/workbench.fish:
#   workbench completion fish > ~/.config/fish/completions/workbench.fish
function __workbench_complete
    set -l current (commandline -ct)
    set -l answer (command workbench __complete fish (commandline -opc) "$current" \\
        2>/dev/null </dev/null)
    switch "$answer[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
    end
    if test (count $answer) -gt 1
        printf '%s\\n' $answer[2..-1]
    end
end
complete -c workbench -f -k -a '(__workbench_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""Shell → the script that `workbench completion SHELL` prints."""
