# shellcheck shell=sh
# For ~/.bashrc, ~/.zshrc or ~/.profile: deploy web, deploy-check web, deploy-plan web, deploy-back web.
alias deploy='nixhop switch'
alias deploy-check='nixhop check'
alias deploy-plan='nixhop switch --plan'
alias deploy-back='nixhop switch --rollback'
