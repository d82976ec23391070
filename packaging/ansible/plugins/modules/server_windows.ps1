#!powershell
# Copyright: Sallyport
# Apache-2.0 (see LICENSE of the project)

#AnsibleRequires -CSharpUtil Ansible.Basic

# Puts the settings of IIS or FileZilla Server in place. server_windows.yml says what there is to say about it.

$spec = @{
    options = @{
        name = @{ type = 'str'; default = '' }
        script = @{ type = 'str'; required = $true }
        settings = @{ type = 'str' }
        dest = @{ type = 'path' }
        service = @{ type = 'str'; default = 'filezilla-server' }
        validate = @{ type = 'str' }
        backup = @{ type = 'bool'; default = $true }
        force = @{ type = 'bool'; default = $false }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)
$module.Result.files = @()
$module.Result.backups = @()

# What a script says apart from comments: these name lines of the policy.
function Get-Meaning {
    param ([string]$Text)
    $lines = $Text -split "`r?`n" | ForEach-Object { $_.Trim() } | Where-Object { $_ -and -not $_.StartsWith('#') }
    $bytes = [System.Text.Encoding]::UTF8.GetBytes(($lines -join "`n"))
    $algorithm = [System.Security.Cryptography.SHA256]::Create()
    try { [System.BitConverter]::ToString($algorithm.ComputeHash($bytes)) } finally { $algorithm.Dispose() }
}

# Runs a script as a process of its own, so that it can neither end this one nor change what it has.
function Invoke-Script {
    param ([string]$Path)
    $output = & powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File $Path 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) {
        $said = $output.Trim()
        $module.FailJson("the script for server $($module.Params.name) ended with status ${LASTEXITCODE}: $said")
    }
}

# The text of settings.xml with the listeners, and the parts of the session, that the policy wants; the rest as it is.
function Merge-Setting {
    param ([xml]$Present, [xml]$Wanted)
    $before = $Present.OuterXml
    $server = $Present.DocumentElement['ftp_server']
    if ($null -eq $server) {
        $module.FailJson("$($module.Params.dest) has no element ftp_server: is it that of FileZilla Server 1?")
    }
    $former = @($server.ChildNodes | Where-Object { $_.LocalName -eq 'listener' })
    foreach ($old in $former) { [void]$server.RemoveChild($old) }
    $listeners = @($Wanted.DocumentElement['ftp_server'].ChildNodes | Where-Object { $_.LocalName -eq 'listener' })
    foreach ($listener in $listeners) { [void]$server.AppendChild($Present.ImportNode($listener, $true)) }
    $session = $server['session']
    if ($null -eq $session) { $session = $server.AppendChild($Present.CreateElement('session', $server.NamespaceURI)) }
    foreach ($part in @($Wanted.DocumentElement['ftp_server']['session'].ChildNodes)) {
        if ($part.NodeType -ne [System.Xml.XmlNodeType]::Element) { continue }
        $fresh = $Present.ImportNode($part, $true)
        $old = $session[$part.LocalName]
        if ($null -eq $old) { [void]$session.AppendChild($fresh) } else { [void]$session.ReplaceChild($fresh, $old) }
    }
    return $before -ne $Present.OuterXml
}

$folder = Join-Path $env:ProgramData 'Sallyport'
$mark = Join-Path $folder "$($module.Params.name).sha256"
$meaning = Get-Meaning -Text $module.Params.script
$applied = if (Test-Path -LiteralPath $mark) { (Get-Content -LiteralPath $mark -Raw).Trim() } else { '' }
$scriptChanges = $applied -ne $meaning

$settingsChange = $false
if ($module.Params.settings) {
    $dest = $module.Params.dest
    if (-not (Test-Path -LiteralPath $dest)) {
        $module.FailJson("${dest} is missing: is FileZilla Server installed? dest names another place")
    }
    $present = New-Object System.Xml.XmlDocument
    $present.PreserveWhitespace = $false
    try { $present.Load($dest) } catch {
        $module.FailJson("${dest} cannot be read as XML: $($_.Exception.Message)", $_)
    }
    $settingsChange = Merge-Setting -Present $present -Wanted ([xml]$module.Params.settings)
}

if ($scriptChanges) { $module.Result.files += $mark }
if ($settingsChange) { $module.Result.files += $dest }
$module.Result.changed = $scriptChanges -or $settingsChange
if ($module.CheckMode -or -not $module.Result.changed) { $module.ExitJson() }

[void](New-Item -ItemType Directory -Force -Path $folder)
if ($settingsChange) {
    if ($module.Params.backup) {
        $copy = "$dest.$((Get-Date).ToString('yyyyMMddHHmmss')).bak"
        Copy-Item -LiteralPath $dest -Destination $copy
        $module.Result.backups += $copy
    }
    # The service writes the file when it ends, and reads it when it starts.
    Stop-Service -Name $module.Params.service
    try { $present.Save($dest) } finally { Start-Service -Name $module.Params.service }
}
if ($scriptChanges) {
    $path = Join-Path $module.Tmpdir 'sallyport.ps1'
    # With a mark of the encoding: older versions of PowerShell take a file without one for that of the machine.
    [System.IO.File]::WriteAllText($path, $module.Params.script, (New-Object System.Text.UTF8Encoding $true))
    Invoke-Script -Path $path
    [System.IO.File]::WriteAllText($mark, $meaning)
}
$module.ExitJson()
